// Nodes that gave the same answer, as one entry with one exemplar: 9,812 equal answers are read once.
'use client';
import type { OutputGroup } from '@sena/contracts/http/runs';
import { Button } from '@sena/ui/button';
import { classNames } from '@sena/ui/class-names';
import { CodeBlock } from '@sena/ui/code-block';
import { Skeleton } from '@sena/ui/skeleton';
import { ChevronRight, FileText, ListTree } from 'lucide-react';
import { useId, useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { InertPieces, InertText } from '../output/inert-text.tsx';
import { looksBinary, makeInert } from '../output/make-inert.ts';
import { formatBytes, formatCount } from '../time/format-time.ts';
import { describeOutcome } from './describe-outcome.ts';
import { OutcomeBadge } from './outcome-badge.tsx';
import { useOutputGroups } from './use-executions.ts';

interface OutputGroupsProps {
  runId: string;
  onShowExecution: (executionId: string) => void;
  onShowGroup: (groupKey: string) => void;
}

export function OutputGroups({ runId, onShowExecution, onShowGroup }: OutputGroupsProps) {
  const list = useOutputGroups(runId, true);
  if (list.rows === undefined) {
    if (list.error !== null && !list.isFetching) {
      return <FailureNotice error={list.error} onRetry={list.refetch} className="m-4" />;
    }
    return (
      <div role="status" aria-label="Loading the answers" className="flex flex-col gap-3 p-4">
        <Skeleton className="h-5 w-48" />
        <Skeleton className="h-20 w-full" />
      </div>
    );
  }
  return (
    <>
      {list.error !== null && <FailureNotice error={list.error} onRetry={list.refetch} className="m-4" />}
      {list.rows.length === 0 && (
        <p className="p-6 text-center text-sm text-muted-foreground">Answers appear here as the nodes give them.</p>
      )}
      <ol aria-label="Output groups">
        {list.rows.map((group, index) => {
          const firstOfStep = list.rows?.[index - 1]?.step !== group.step;
          return (
            <li key={group.key} className="flex min-w-0 flex-col gap-2.5 border-b border-border p-4 last:border-0">
              {firstOfStep && (
                <pre className="font-mono text-xs leading-5 break-words whitespace-pre-wrap text-muted-foreground">
                  <span aria-hidden className="select-none">
                    ${' '}
                  </span>
                  <InertText text={group.command} terminal="exact" />
                </pre>
              )}
              <Group
                group={group}
                startsOpen={index < openAtFirst}
                onShowExecution={onShowExecution}
                onShowGroup={onShowGroup}
              />
            </li>
          );
        })}
      </ol>
      {list.hasNextPage && (
        <div className="border-t border-border p-2 text-center">
          <Button variant="ghost" size="sm" busy={list.isFetchingNextPage} onClick={list.fetchNextPage}>
            More answers
          </Button>
        </div>
      )}
    </>
  );
}

/** Of many different answers the largest groups are read first; the others open on request. */
const openAtFirst = 4;

interface GroupProps {
  group: OutputGroup;
  startsOpen: boolean;
  onShowExecution: (executionId: string) => void;
  onShowGroup: (groupKey: string) => void;
}

function Group({ group, startsOpen, onShowExecution, onShowGroup }: GroupProps) {
  const [open, setOpen] = useState(startsOpen);
  const outputId = useId();
  const hasOutput = group.outcome !== 'not_started';
  const outcome = describeOutcome({ outcome: group.outcome, exitCode: group.exitCode, reason: group.reason });
  const names = group.nodes.map((node) => node.name);
  const of = `${names[0] ?? 'no node'}, ${group.step}`;
  const unnamed = group.count - names.length;
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        {hasOutput ? (
          <button
            type="button"
            aria-expanded={open}
            aria-controls={outputId}
            onClick={() => setOpen(!open)}
            className="-ml-1 inline-flex items-center gap-1 rounded-sm text-sm font-medium tabular-nums hover:text-primary"
          >
            <ChevronRight aria-hidden className={classNames('size-4 transition-transform', open && 'rotate-90')} />
            {formatCount(group.count, 'node')}
          </button>
        ) : (
          <span className="text-sm font-medium tabular-nums">{formatCount(group.count, 'node')}</span>
        )}
        <OutcomeBadge words={outcome} />
        <span
          className="min-w-0 flex-1 basis-40 truncate font-mono text-xs text-muted-foreground"
          title={names.join(', ')}
        >
          {names.join(', ')}
          {unnamed > 0 && ` and ${unnamed.toLocaleString('en')} more`}
        </span>
        <span className="flex gap-1">
          {group.count > 1 && (
            <Button size="sm" variant="ghost" onClick={() => onShowGroup(group.key)}>
              <ListTree aria-hidden /> All nodes
            </Button>
          )}
          <Button size="sm" variant="ghost" onClick={() => onShowExecution(group.exemplarExecutionId)}>
            <FileText aria-hidden /> Full output
          </Button>
        </span>
      </div>
      {outcome.long !== null && <p className="text-sm text-pretty text-muted-foreground">{outcome.long}</p>}
      {hasOutput && (
        <div id={outputId} hidden={!open} className="flex flex-col gap-2.5 [&[hidden]]:hidden">
          {group.outcome === null && group.stdout === '' && group.stderr === '' ? (
            <p className="text-xs text-muted-foreground">No output yet.</p>
          ) : (
            <Head name="stdout" of={of} text={group.stdout} bytes={group.stdoutBytes} />
          )}
          <Head name="stderr" of={of} text={group.stderr} bytes={group.stderrBytes} />
        </div>
      )}
    </>
  );
}

interface HeadProps {
  name: 'stdout' | 'stderr';
  /** Whose: the first node of the group and the step. */
  of: string;
  text: string;
  bytes: number;
}

function Head({ name, of, text, bytes }: HeadProps) {
  if (text === '') {
    return name === 'stdout' ? <p className="text-xs text-muted-foreground">Nothing on stdout.</p> : null;
  }
  const inert = makeInert(text.replace(/\n$/, ''), 'hide');
  if (looksBinary(text, inert.unprintable)) {
    return (
      <p className="text-xs text-muted-foreground">
        {formatBytes(bytes)} on {name} that are not text. The full output shows them as a hex dump.
      </p>
    );
  }
  const headBytes = new TextEncoder().encode(text).length;
  return (
    <div className="flex flex-col gap-1">
      {name === 'stderr' && <span className="text-xs text-muted-foreground">stderr</span>}
      <CodeBlock label={`${name} of ${of}`} wrap={false} className="max-h-56">
        <InertPieces pieces={inert.pieces} />
      </CodeBlock>
      {bytes > headBytes && (
        <span className="text-xs text-muted-foreground">
          The first {formatBytes(headBytes)} of {formatBytes(bytes)}.
        </span>
      )}
    </div>
  );
}
