// The passkeys for approvals of who is signed in: with them changes are approved where a satellite demands it. The satellite believes its own list, so
// each has the entry that belongs there.
'use client';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { CodeBlock } from '@sena/ui/code-block';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { CopyButton } from '@sena/ui/copy-button';
import { EmptyState } from '@sena/ui/empty-state';
import { Notice } from '@sena/ui/notice';
import { Skeleton } from '@sena/ui/skeleton';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useId } from 'react';
import { describeFailure } from '../api/describe-failure.ts';
import { FailureNotice } from '../api/failure-notice.tsx';
import { useMe } from '../session/use-me.ts';
import { Page } from '../shell/page.tsx';
import { Ago } from '../time/ago.tsx';
import type { Passkey } from './call-passkeys.ts';
import { listEntry } from './list-entry.ts';
import { useAddPasskey, useDeletePasskey, usePasskeys } from './use-passkeys.ts';

export function PasskeysPage() {
  const passkeys = usePasskeys('approval');
  const add = useAddPasskey('approval');
  return (
    <Page
      title="Passkeys for approvals"
      description="Where a satellite demands it, a change runs only with the passkey of a person who is listed in the satellite’s own file."
      actions={
        <Button variant="primary" busy={add.isPending} onClick={() => add.mutate()}>
          <Plus /> Add a passkey
        </Button>
      }
    >
      {add.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(add.error).title}>
          {describeFailure(add.error).detail}
        </Notice>
      )}
      <Notice tone="info" title="Whom do you have to believe?">
        An entry from this page is as good as this page. <code className="font-mono">sena passkey</code> makes a passkey
        on your own machine, and <code className="font-mono">sena approve</code> signs with it what it has computed
        itself.
      </Notice>
      <List passkeys={passkeys} />
    </Page>
  );
}

function List({ passkeys }: { passkeys: ReturnType<typeof usePasskeys> }) {
  if (passkeys.data === undefined) {
    if (passkeys.error !== null)
      return <FailureNotice error={passkeys.error} onRetry={() => void passkeys.refetch()} />;
    return <Skeleton className="h-40" />;
  }
  if (passkeys.data.length === 0) {
    return (
      <EmptyState icon={<KeyRound />} title="You have no passkey here">
        Add one, then give its entry to whoever runs the satellite.
      </EmptyState>
    );
  }
  return passkeys.data.map((passkey) => <PasskeyCard key={passkey.id} passkey={passkey} />);
}

function PasskeyCard({ passkey }: { passkey: Passkey }) {
  const me = useMe();
  const remove = useDeletePasskey();
  const titleId = useId();
  const entry = listEntry(me, passkey, window.location);
  return (
    <Card aria-labelledby={titleId}>
      <header className="flex flex-wrap items-center justify-between gap-2 border-b border-border px-4 py-3">
        <h2 id={titleId} className="flex min-w-0 items-center gap-2 text-sm font-semibold">
          <KeyRound aria-hidden className="size-4 shrink-0 text-muted-foreground" />
          {passkey.name ?? `Passkey ${passkey.credentialID.slice(0, 8)}…`}
        </h2>
        <ConfirmDialog
          trigger={
            <Button size="sm" variant="ghost" busy={remove.isPending}>
              <Trash2 /> Remove
            </Button>
          }
          title="Remove this passkey?"
          description="SENA forgets it. Satellites that list it go on believing it: take its entry out there as well."
          action="Remove it"
          keep="Keep it"
          onConfirm={() => remove.mutate(passkey.id)}
        />
      </header>
      <div className="flex flex-col gap-3 p-4">
        {remove.error !== null && <FailureNotice error={remove.error} />}
        <p className="text-sm text-muted-foreground">
          For <code className="font-mono">policy.passkeys.approvers</code> in the satellite’s file
          {passkey.createdAt !== null && (
            <>
              , added <Ago at={passkey.createdAt} />
            </>
          )}
          :
        </p>
        <CodeBlock label="Entry for the satellite">{entry}</CodeBlock>
        <CopyButton wide className="self-start" text={entry} label="Copy the entry" />
      </div>
    </Card>
  );
}
