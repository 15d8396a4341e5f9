// What a second person decides about: the exact commands, the nodes, why it needs a decision, the digest that binds it all.
'use client';
import type { Approval } from '@sena/contracts/http/approvals';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { Field } from '@sena/ui/field';
import { Notice } from '@sena/ui/notice';
import { Textarea } from '@sena/ui/textarea';
import { Check, Hand, X } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { describeFailure } from '../api/describe-failure.ts';
import { NodeNames } from '../nodes/node-names.tsx';
import { InertText } from '../output/inert-text.tsx';
import { InlineText } from '../output/inline-text.tsx';
import { useMe } from '../session/use-me.ts';
import { Ago } from '../time/ago.tsx';
import { formatCount, formatIn } from '../time/format-time.ts';
import { useNow } from '../time/use-now.ts';
import { ApprovalStatusBadge } from './approval-status-badge.tsx';
import { effectWords } from './effect-words.ts';
import { useDecideApproval } from './use-decide-approval.ts';

export function ApprovalPanel({ approval, linkToRun }: { approval: Approval; linkToRun: boolean }) {
  const pending = approval.status === 'pending';
  const effects = [...new Set(approval.effects.map((effect) => effect.kind))].filter((kind) => kind !== 'reads');
  return (
    <Card aria-label="Approval" className={pending ? 'border-warning/50' : undefined}>
      <header className="flex flex-wrap items-center justify-between gap-2 border-b border-border px-4 py-3">
        <h2 className="flex items-center gap-2 text-sm font-semibold">
          <Hand aria-hidden className="size-4 text-warning" />
          {pending ? 'This waits for a second person' : 'A second person was asked'}
        </h2>
        <ApprovalStatusBadge status={approval.status} />
      </header>
      <div className="flex flex-col gap-4 p-4">
        {approval.commands.map((command) => (
          <div key={`${command.step}:${command.command}`} className="flex flex-col gap-2">
            <p className="text-[0.8125rem] text-muted-foreground">
              On {formatCount(command.nodeCount, 'node')}, exactly this:
            </p>
            <CodeBlock size="sm" label="The exact command" className="max-h-96">
              <InertText text={command.command} terminal="show" />
            </CodeBlock>
            <NodeNames nodes={command.nodes} total={command.nodeCount} />
          </div>
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
            {approval.requestedBy.name}, <Ago at={approval.createdAt} />
          </Fact>
          {pending ? <Expiry at={approval.expiresAt} /> : <DecidedBy approval={approval} />}
          <div className="min-w-0 sm:col-span-2">
            <dt className="text-muted-foreground">Digest of the action</dt>
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
        {pending && <Decide approval={approval} />}
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

function Expiry({ at }: { at: string }) {
  const nowMs = useNow(1_000);
  return (
    <Fact name="Expires">
      <time dateTime={at} title={new Date(at).toLocaleString()}>
        {formatIn(at, nowMs)}
      </time>
    </Fact>
  );
}

function DecidedBy({ approval }: { approval: Approval }) {
  if (approval.decidedBy === null || approval.decidedAt === null) {
    return <Fact name="Decided by">nobody</Fact>;
  }
  return (
    <Fact name="Decided by">
      {approval.decidedBy.name}, <Ago at={approval.decidedAt} />
      {approval.reason !== null && <span className="block text-muted-foreground">“{approval.reason}”</span>}
    </Fact>
  );
}

function Decide({ approval }: { approval: Approval }) {
  const me = useMe();
  const [reason, setReason] = useState('');
  const decide = useDecideApproval(approval);
  const busyWith = decide.isPending ? decide.variables.decision : null;

  if (!approval.mayDecide) {
    const own = approval.requestedBy.id === me.user.id;
    return (
      <Notice
        tone="info"
        title={own ? 'You asked for this, so somebody else decides' : `Your role (${me.role}) does not decide`}
      >
        {own
          ? 'Nobody approves their own request. Send this page to an approver, an admin or the owner.'
          : 'An approver, an admin or the owner of the organization can decide here.'}
      </Notice>
    );
  }
  return (
    <div className="flex flex-col gap-3 border-t border-border pt-4">
      {decide.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(decide.error).title}>
          {describeFailure(decide.error).detail}
        </Notice>
      )}
      <Field label="Reason (optional)" hint="Kept with the decision, for whoever reads the audit.">
        {(control) => (
          <Textarea
            {...control}
            className="min-h-9"
            rows={1}
            maxLength={1_000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        <Button
          variant="primary"
          busy={busyWith === 'approve'}
          disabled={decide.isPending}
          onClick={() => decide.mutate({ decision: 'approve', reason })}
        >
          <Check /> Approve
        </Button>
        <Button
          variant="danger-outline"
          busy={busyWith === 'reject'}
          disabled={decide.isPending}
          onClick={() => decide.mutate({ decision: 'reject', reason })}
        >
          <X /> Reject
        </Button>
      </div>
    </div>
  );
}
