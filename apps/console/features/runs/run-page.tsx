// One run, live: what was asked, the answer and what it rests on, what waits for a decision, what the nodes said.
'use client';
import { isNotAnswered } from '@sena/contracts/domain/is-not-answered';
import { terminalRunStatuses } from '@sena/contracts/domain/run';
import type { RunEvent } from '@sena/contracts/domain/run-event';
import type { Run } from '@sena/contracts/http/runs';
import { ProblemError } from '@sena/sdk/problem-error';
import { Button } from '@sena/ui/button';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { EmptyState } from '@sena/ui/empty-state';
import { Notice } from '@sena/ui/notice';
import { Skeleton } from '@sena/ui/skeleton';
import { ArrowLeft, RotateCcw, SearchX } from 'lucide-react';
import Link from 'next/link';
import { useCallback, useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { useOutage } from '../api/query-provider.tsx';
import { ApprovalPanel } from '../approvals/approval-panel.tsx';
import { useApproval } from '../approvals/use-approvals.ts';
import { sayWho } from '../members/say-who.ts';
import { InertText } from '../output/inert-text.tsx';
import { Ago } from '../time/ago.tsx';
import { formatDuration, formatIn, formatMoment } from '../time/format-time.ts';
import { useNow } from '../time/use-now.ts';
import { AnswerText } from './answer-text.tsx';
import { CancelRunButton } from './cancel-run-button.tsx';
import { commandAddress } from './command-address.ts';
import { describeCancel } from './describe-cancel.ts';
import { ExecutionSheet } from './execution-sheet.tsx';
import { RunAnswer } from './run-answer.tsx';
import { RunCaveats } from './run-caveats.tsx';
import { RunKindIcon } from './run-kind-icon.tsx';
import { RunPlan } from './run-plan.tsx';
import { RunResults } from './run-results.tsx';
import { RunStatusBadge } from './run-status-badge.tsx';
import { RunTimeline } from './run-timeline.tsx';
import { runTitle } from './run-title.ts';
import { RunWaits } from './run-waits.tsx';
import { UnsettledNodes } from './unsettled-nodes.tsx';
import { type Following, useFollowRun } from './use-follow-run.ts';
import { useRun } from './use-run.ts';
import { useShownExecution } from './use-shown-execution.ts';
import { useTabTitle } from './use-tab-title.ts';
import { whenBegan } from './when-began.ts';

export function RunPage({ runId }: { runId: string }) {
  const run = useRun(runId);
  const { events, following } = useFollowRun(runId, run.data !== undefined);
  const { shownId, show } = useShownExecution();
  const hide = useCallback(() => show(null), [show]);
  useTabTitle(run.data);

  if (run.data === undefined) {
    if (run.error instanceof ProblemError && run.error.status === 404) return <NoSuchRun />;
    if (run.error !== null) {
      return (
        <div className="mx-auto max-w-3xl p-6">
          <FailureNotice error={run.error} onRetry={() => void run.refetch()} />
        </div>
      );
    }
    return <LoadingRun />;
  }

  return (
    <div className="mx-auto flex w-full max-w-7xl flex-col gap-5 px-4 py-5 md:px-8 md:py-7">
      <RunHeader run={run.data} />
      <ConnectionNotice following={following} />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <RunApprovals run={run.data} events={events} />
          <RunEnd run={run.data} />
          <RunWaits run={run.data} />
          {/* What nobody knows comes before any answer; what merely did not begin may follow it. */}
          {run.data.counts.unknown > 0 && <UnsettledNodes run={run.data} onShowExecution={show} />}
          <RunAnswer run={run.data} events={events} onShowExecution={show} />
          {run.data.counts.unknown === 0 && <UnsettledNodes run={run.data} onShowExecution={show} />}
          <RunResults run={run.data} onShowExecution={show} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <RunPlan events={events} />
          <RunTimeline events={events} following={following} />
        </div>
      </div>
      <ExecutionSheet runId={runId} executionId={shownId} onClose={hide} />
    </div>
  );
}

/** Why a run ended without a report, or with half of one; while it is being cancelled, what is still under way. Its status is said above. */
function NotAnswered({ reason }: { reason: string | null }) {
  return (
    <Card aria-label="Not answered">
      <CardHeader>
        <CardTitle>Why there is no answer, and what to do</CardTitle>
      </CardHeader>
      <div className="p-4">
        <AnswerText text={reason ?? 'No reason was recorded. Ask in other words, or run a command.'} />
      </div>
    </Card>
  );
}

function RunEnd({ run }: { run: Run }) {
  switch (run.status) {
    case 'failed':
      if (isNotAnswered(run)) return <NotAnswered reason={run.reason} />;
      return (
        <Notice tone="danger" title="The run failed">
          <InertText
            text={run.reason ?? 'No reason was recorded. The timeline shows where it stopped.'}
            terminal="show"
          />
        </Notice>
      );
    case 'cancelled':
      return (
        <Notice tone="info" title={<InertText text={run.reason ?? 'Nothing more was started.'} terminal="show" />} />
      );
    case 'queued':
    case 'running':
    case 'awaiting_approval':
    case 'scheduled':
      return <Cancelling run={run} />;
    case 'succeeded':
      return null;
  }
}

function Cancelling({ run }: { run: Run }) {
  const words = describeCancel(run);
  if (words === null) return null;
  return (
    <Notice tone="info" role="status" title={words.title}>
      {words.detail}
    </Notice>
  );
}

function RunHeader({ run }: { run: Run }) {
  const ended = terminalRunStatuses.has(run.status);
  return (
    <header className="flex flex-col gap-3">
      <Link
        href="/runs"
        className="inline-flex w-fit items-center gap-1 text-[0.8125rem] text-muted-foreground hover:text-foreground"
      >
        <ArrowLeft aria-hidden className="size-3.5" /> Runs
      </Link>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <h1
          className={`max-w-4xl min-w-0 text-xl font-semibold tracking-tight break-words whitespace-pre-line ${run.kind === 'command' ? 'font-mono text-lg' : ''}`}
        >
          <InertText text={runTitle(run)} terminal={run.kind === 'command' ? 'exact' : 'show'} />
        </h1>
        <div className="flex gap-2">
          {!ended && <CancelRunButton run={run} />}
          {ended && mayBeRepeated(run) && (
            <Button asChild size="sm">
              <Link href={againPath(run)}>
                <RotateCcw aria-hidden /> {run.kind === 'command' ? 'Run again' : 'Ask again'}
              </Link>
            </Button>
          )}
        </div>
      </div>
      <dl className="flex flex-wrap items-center gap-x-5 gap-y-2 text-[0.8125rem] text-muted-foreground">
        <dt className="sr-only">Status</dt>
        <dd aria-live="polite" className="flex flex-wrap gap-1.5">
          <RunStatusBadge run={run} />
          {run.status !== 'succeeded' && <RunCaveats counts={run.counts} />}
        </dd>
        <dt className="sr-only">Kind and nodes</dt>
        <dd className="inline-flex items-center gap-1.5">
          <RunKindIcon kind={run.kind} />
          {run.selector === null || run.selector === '*' ? (
            'every node'
          ) : (
            <code className="font-mono text-xs">{run.selector}</code>
          )}
        </dd>
        <dt className="sr-only">Asked</dt>
        <dd>
          <InertText text={sayWho(run.requestedBy)} terminal="show" />, <Ago at={run.createdAt} />
        </dd>
        {run.startAt !== null && <StartsAt run={run} startAt={run.startAt} />}
        <dt className="sr-only">Time taken</dt>
        <dd className="tabular-nums">
          <Elapsed run={run} />
        </dd>
      </dl>
    </header>
  );
}

/** Asked for ahead of its time. */
function StartsAt({ run, startAt }: { run: Run; startAt: string }) {
  const nowMs = useNow(1_000);
  const isAhead = run.startedAt === null && run.finishedAt === null;
  return (
    <>
      <dt className="sr-only">Start</dt>
      <dd data-testid="starts-at">
        {isAhead ? 'starts at' : run.startedAt === null ? 'was to start at' : 'scheduled for'}{' '}
        <time dateTime={startAt}>{formatMoment(startAt)}</time>
        {isAhead && `, ${formatIn(startAt, nowMs)}`}
        {run.status === 'awaiting_approval' && ' if it is approved'}
      </dd>
    </>
  );
}

function Elapsed({ run }: { run: Run }) {
  const nowMs = useNow(1_000);
  const beganAt = whenBegan(run);
  if (beganAt === null) return null;
  const endMs = run.finishedAt === null ? nowMs : Date.parse(run.finishedAt);
  const ms = Math.max(0, endMs - Date.parse(beganAt));
  if (run.finishedAt === null) return <>for {formatDuration(Math.floor(ms / 1_000) * 1_000)}</>;
  return <>took {formatDuration(ms)}</>;
}

/** Of a command that may have run half-way nobody repeats the whole by one press: its nodes each have their way on below. */
function mayBeRepeated({ kind, counts }: Run): boolean {
  return kind === 'ask' || (kind === 'command' && counts.unknown === 0);
}

function againPath(run: Run): string {
  if (run.kind === 'command') return commandAddress({ command: run.command ?? '', selector: run.selector });
  const query = new URLSearchParams({ prompt: run.prompt ?? '' });
  if (run.selector !== null) query.set('selector', run.selector);
  return `/?${query}`;
}

function ConnectionNotice({ following }: { following: Following }) {
  const outage = useOutage();
  switch (following.kind) {
    case 'connecting':
    case 'live':
    case 'ended':
      return null;
    case 'interrupted':
      // A short cut heals by itself before anyone needs to know; a longer one may be said already.
      if (following.retryInMs < 2_000 || outage !== null) return null;
      return (
        <Notice tone="warning" role="status" title="The live connection is interrupted">
          The run goes on without it. This page catches up by itself as soon as SENA answers.
        </Notice>
      );
    case 'refused':
      return <FailureNotice error={following.error} onRetry={() => window.location.reload()} />;
  }
}

/**
 * Those that waited while this page was open, and what a run that waits for its time has been approved for: one that is decided stays until
 * the page is left, and nothing moves up into its place.
 */
function RunApprovals({ run, events }: { run: Run; events: readonly RunEvent[] }) {
  const [seen, setSeen] = useState<readonly string[]>([]);
  const waiting =
    run.status === 'awaiting_approval' ? run.approvalId : run.status === 'scheduled' ? lastApprovalOf(events) : null;
  if (waiting !== null && !seen.includes(waiting)) setSeen([...seen, waiting]);
  return seen.map((approvalId) => <RunApproval key={approvalId} approvalId={approvalId} />);
}

function lastApprovalOf(events: readonly RunEvent[]): string | null {
  const gated = events.findLast(({ data }) => data.type === 'run.gated' && data.approvalId !== null);
  return gated?.data.type === 'run.gated' ? gated.data.approvalId : null;
}

function RunApproval({ approvalId }: { approvalId: string }) {
  const approval = useApproval(approvalId);
  if (approval.data !== undefined) return <ApprovalPanel approval={approval.data} linkToRun={false} />;
  if (approval.error !== null) {
    return <FailureNotice error={approval.error} onRetry={() => void approval.refetch()} />;
  }
  return (
    <Card role="status" aria-label="Loading the approval" className="flex flex-col gap-3 p-4">
      <Skeleton className="h-5 w-56" />
      <Skeleton className="h-20 w-full" />
    </Card>
  );
}

function LoadingRun() {
  return (
    <div
      role="status"
      aria-label="Loading the run"
      className="mx-auto flex w-full max-w-7xl flex-col gap-5 px-4 py-7 md:px-8"
    >
      <Skeleton className="h-7 w-2/3" />
      <Skeleton className="h-5 w-80 max-w-full" />
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <Skeleton className="h-52 w-full" />
        <Skeleton className="h-52 w-full" />
      </div>
    </div>
  );
}

function NoSuchRun() {
  return (
    <div className="mx-auto max-w-3xl p-6">
      <Card>
        <EmptyState
          icon={<SearchX />}
          title="There is no such run"
          action={
            <Button asChild>
              <Link href="/runs">All runs</Link>
            </Button>
          }
        >
          The address may be cut off, or the run belongs to another organization.
        </EmptyState>
      </Card>
    </div>
  );
}
