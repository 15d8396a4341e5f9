// What a second person decides about: the exact commands, the nodes, why it needs a decision, the digest that binds it all. A card that was
// open when it came keeps its place and its size when it is decided.
'use client';
import type { Approval } from '@sena/contracts/http/approvals';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { classNames } from '@sena/ui/class-names';
import { CopyButton } from '@sena/ui/copy-button';
import { Notice } from '@sena/ui/notice';
import { Hand } from 'lucide-react';
import Link from 'next/link';
import { useId, useState } from 'react';
import { sayWho } from '../members/say-who.ts';
import { InertText } from '../output/inert-text.tsx';
import { InlineText } from '../output/inline-text.tsx';
import { useMe } from '../session/use-me.ts';
import { Ago } from '../time/ago.tsx';
import { formatIn, formatMoment } from '../time/format-time.ts';
import { useNow } from '../time/use-now.ts';
import { ApprovalCommand } from './approval-command.tsx';
import { ApprovalStatusBadge } from './approval-status-badge.tsx';
import { DecideForm } from './decide-form.tsx';
import { DecisionNote } from './decision-note.tsx';
import { describeWhoDecides } from './describe-who-decides.ts';
import { effectWords } from './effect-words.ts';
import { useDecideApproval } from './use-decide-approval.ts';

export function ApprovalPanel({ approval: given, linkToRun }: { approval: Approval; linkToRun: boolean }) {
  const decide = useDecideApproval(given);
  // The answer to a decision is newer than what the page has loaded, until that shows it as well.
  const approval = given.status === 'pending' ? (decide.data ?? given) : given;
  const pending = approval.status === 'pending';
  const [cameOpen] = useState(pending);
  const titleId = useId();
  const effects = [...new Set(approval.effects.map((effect) => effect.kind))].filter((kind) => kind !== 'reads');
  return (
    <Card aria-labelledby={titleId} className={pending ? 'border-warning/50' : undefined}>
      <header className="flex flex-wrap items-center justify-between gap-2 border-b border-border px-4 py-3">
        <h2 id={titleId} className="flex min-w-0 items-center gap-2 text-sm font-semibold">
          <Hand
            aria-hidden
            className={classNames('size-4 shrink-0', pending ? 'text-warning' : 'text-muted-foreground')}
          />
          {describeWhoDecides(approval)}
        </h2>
        <ApprovalStatusBadge status={approval.status} />
      </header>
      <div className="flex flex-col gap-4 p-4">
        {approval.commands.map((command) => (
          <ApprovalCommand key={command.step} approvalId={approval.id} command={command} />
        ))}
        <div className="flex flex-col gap-2">
          <h3 className="text-[0.8125rem] font-medium">Why a person decides</h3>
          <ul className="flex list-disc flex-col gap-1 pl-5 text-sm text-pretty marker:text-muted-foreground">
            {approval.reasons.map((reason) => (
              <li key={reason}>
                <InlineText text={reason} />
              </li>
            ))}
          </ul>
          {effects.length > 0 && (
            <div className="flex flex-wrap gap-1.5">
              {effects.map((kind) => (
                <Badge key={kind} tone="warning">
                  {effectWords[kind]}
                </Badge>
              ))}
            </div>
          )}
        </div>
        <dl className="grid gap-x-6 gap-y-2 text-[0.8125rem] sm:grid-cols-2">
          <Fact name="Asked by">
            <InertText text={sayWho(approval.requestedBy)} terminal="show" />, <Ago at={approval.createdAt} />
          </Fact>
          {!cameOpen && <DecidedBy approval={approval} />}
          <Validity approval={approval} staysAsHigh={cameOpen} />
          {approval.approversRequired > 1 && <Approvers approval={approval} />}
          <div className="min-w-0 sm:col-span-2">
            <dt className="text-muted-foreground">Digest of the action: every byte above is in it</dt>
            <dd className="flex items-center gap-1">
              <code className="min-w-0 font-mono text-xs break-all">{approval.actionDigest}</code>
              <CopyButton text={approval.actionDigest} label="Copy the digest" />
            </dd>
          </div>
        </dl>
        {linkToRun && (
          <Button asChild size="sm" className="self-start">
            <Link href={`/runs/${approval.runId}`}>Open the run</Link>
          </Button>
        )}
        {cameOpen && <Decision approval={approval} decide={decide} titleId={titleId} />}
      </div>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted-foreground">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The window that is approved, or was asked for: what it is over begins in it, or not at all. */
function Validity({ approval, staysAsHigh }: { approval: Approval; staysAsHigh: boolean }) {
  const nowMs = useNow(1_000);
  const isPending = approval.status === 'pending';
  return (
    <Fact name={isPending ? 'To begin' : approval.status === 'approved' ? 'Approved to begin' : 'Was to begin'}>
      Not before <time dateTime={approval.notBefore}>{formatMoment(approval.notBefore)}</time>, and by{' '}
      <time dateTime={approval.expiresAt}>{formatMoment(approval.expiresAt)}</time>
      {/* Stays when it is decided, unseen: the card keeps its size. */}
      {(isPending || staysAsHigh) && (
        <span className={classNames('block text-muted-foreground', !isPending && 'invisible')}>
          ends {formatIn(approval.expiresAt, nowMs)}
        </span>
      )}
    </Fact>
  );
}

/** Where one person is not enough: who has approved so far. */
function Approvers({ approval }: { approval: Approval }) {
  const names = approval.decisions.flatMap(({ by, decision }) => (decision === 'approve' ? [sayWho(by)] : []));
  return (
    <Fact name={`Approved by ${names.length} of ${approval.approversRequired} people`}>
      <InertText text={names.length === 0 ? 'nobody yet' : names.join('; ')} terminal="show" />
    </Fact>
  );
}

function DecidedBy({ approval }: { approval: Approval }) {
  if (approval.decidedBy === null || approval.decidedAt === null) {
    return <Fact name="Decided by">nobody</Fact>;
  }
  return (
    <Fact name="Decided by">
      <InertText text={sayWho(approval.decidedBy)} terminal="show" />, <Ago at={approval.decidedAt} />
      {approval.reason !== null && (
        <span className="block text-muted-foreground">
          “<InertText text={approval.reason} terminal="show" />”
        </span>
      )}
    </Fact>
  );
}

interface DecisionProps {
  approval: Approval;
  decide: ReturnType<typeof useDecideApproval>;
  titleId: string;
}

/** The buttons, and over them what was decided: both lie in one cell, which keeps the size of the larger. */
function Decision({ approval, decide, titleId }: DecisionProps) {
  const me = useMe();
  const [mayDecide] = useState(approval.mayDecide);
  const isOver = approval.status !== 'pending';
  const own = approval.requestedBy.id === me.user.id;
  const hasApproved = !isOver && approval.decisions.some(({ by }) => by.id === me.user.id);
  return (
    <div className="grid border-t border-border pt-4 *:col-start-1 *:row-start-1 *:min-w-0">
      <div inert={isOver || hasApproved} className={isOver || hasApproved ? 'invisible' : undefined}>
        {mayDecide ? (
          <DecideForm approval={approval} decide={decide} describedBy={titleId} />
        ) : (
          <Notice
            tone="info"
            title={own ? 'You asked for this, so somebody else decides' : `Your role (${me.role}) does not decide`}
          >
            {own
              ? 'Nobody approves their own request. Send this page to an approver, an admin or the owner.'
              : 'An approver, an admin or the owner of the organization can decide here.'}
          </Notice>
        )}
      </div>
      {hasApproved && (
        <Notice tone="success" role="status" title="You approved this">
          Another person has to approve it too. Then it runs.
        </Notice>
      )}
      {isOver && <DecisionNote approval={approval} takesFocus={decide.isSuccess} />}
    </div>
  );
}
