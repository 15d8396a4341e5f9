// Passkeys that sign in: which there are, one more, one less. Those for approvals have a page of their own.
'use client';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { Notice } from '@sena/ui/notice';
import { KeyRound, Trash2 } from 'lucide-react';
import { describeFailure } from '../api/describe-failure.ts';
import type { Passkey } from '../passkeys/call-passkeys.ts';
import { useAddPasskey, useDeletePasskey, usePasskeys } from '../passkeys/use-passkeys.ts';
import { Ago } from '../time/ago.tsx';

export function SignInPasskeysCard() {
  const passkeys = usePasskeys('sign_in');
  const add = useAddPasskey('sign_in');
  const remove = useDeletePasskey();
  const failure = add.error ?? remove.error ?? passkeys.error;
  return (
    <Card className="flex flex-col gap-3 p-4" aria-labelledby="sign-in-passkeys">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0">
          <h2 id="sign-in-passkeys" className="text-sm font-semibold">
            Passkeys for signing in
          </h2>
          <p className="mt-1 text-sm text-pretty text-muted-foreground">
            Signs you in without a password and without a code: the device knows you. It approves nothing.
          </p>
        </div>
        <Button busy={add.isPending} onClick={() => add.mutate()}>
          Add a passkey
        </Button>
      </div>
      {failure !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(failure).title}>
          {describeFailure(failure).detail}
        </Notice>
      )}
      {passkeys.data !== undefined && passkeys.data.length > 0 && (
        <ul className="flex flex-col gap-1" aria-label="Passkeys for signing in">
          {passkeys.data.map((passkey) => (
            <Row
              key={passkey.id}
              passkey={passkey}
              busy={remove.isPending}
              onRemove={() => remove.mutate(passkey.id)}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Row({ passkey, busy, onRemove }: { passkey: Passkey; busy: boolean; onRemove: () => void }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 text-sm">
      <span className="flex min-w-0 items-center gap-2">
        <KeyRound aria-hidden className="size-4 shrink-0 text-muted-foreground" />
        {passkey.name ?? `Passkey ${passkey.credentialID.slice(0, 8)}…`}
        {passkey.createdAt !== null && (
          <span className="text-xs text-muted-foreground">
            added <Ago at={passkey.createdAt} />
          </span>
        )}
      </span>
      <ConfirmDialog
        trigger={
          <Button size="sm" variant="ghost" busy={busy}>
            <Trash2 /> Remove
          </Button>
        }
        title="Remove this passkey?"
        description="It signs you in no more. Sessions that it began go on until they end."
        action="Remove it"
        keep="Keep it"
        onConfirm={onRemove}
      />
    </li>
  );
}
