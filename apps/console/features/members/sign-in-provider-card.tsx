// Where the organization's people sign in besides SENA: what there is, setting it, taking it away. For owners.
'use client';
import type { Role } from '@sena/contracts/domain/principal';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { CodeBlock } from '@sena/ui/code-block';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { CopyButton } from '@sena/ui/copy-button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { Skeleton } from '@sena/ui/skeleton';
import { type FormEvent, useState } from 'react';
import { describeFailure, fieldError } from '../api/describe-failure.ts';
import { FailureNotice } from '../api/failure-notice.tsx';
import { RoleFields, scopeOf } from './role-fields.tsx';
import {
  useRemoveSignInProvider,
  useSetSignInProvider,
  useSignInProvider,
  type WantedProvider,
} from './use-sign-in-provider.ts';

export function SignInProviderCard() {
  const shown = useSignInProvider();
  const remove = useRemoveSignInProvider();
  const [setting, setSetting] = useState(false);
  if (shown.isPending) return <Skeleton className="h-20 w-full" />;
  if (shown.data === undefined) return <FailureNotice error={shown.error} onRetry={() => void shown.refetch()} />;
  const { provider, redirectUri, signInUrl } = shown.data;
  return (
    <Card className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-sm font-semibold">Sign-in with your own provider</h2>
          <p className="mt-1 text-sm break-words text-pretty text-muted-foreground">
            {provider === null
              ? 'Your people can sign in where they sign in already, by OpenID Connect. There is no provider yet.'
              : `${provider.issuer} speaks for ${provider.domains.join(', ')}. Who comes for the first time is ${provider.defaultRole}${provider.defaultScope === null ? '' : ` on ${provider.defaultScope}`}.`}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          {provider !== null && (
            <ConfirmDialog
              trigger={<Button busy={remove.isPending}>Remove it</Button>}
              title="Remove the sign-in provider?"
              description="Nobody signs in through it any more, and the sessions that it began end at once. Members stay members."
              action="Remove the provider"
              keep="Keep it"
              onConfirm={() => remove.mutate()}
            />
          )}
          <Button onClick={() => setSetting(true)}>{provider === null ? 'Set a provider' : 'Change it'}</Button>
        </div>
      </div>
      {signInUrl !== null && (
        <div className="flex flex-wrap items-center gap-2">
          <CodeBlock className="flex-1 break-all" label="Sign-in address">
            {signInUrl}
          </CodeBlock>
          <CopyButton text={signInUrl} label="Copy the sign-in address" wide />
        </div>
      )}
      <Dialog open={setting} onOpenChange={setSetting}>
        <DialogContent
          title="Sign-in with your own provider"
          description="Register SENA there as a web application with this address to come back to, then enter what it gave you."
        >
          <ProviderForm
            redirectUri={redirectUri}
            known={provider === null ? null : { ...provider, clientSecret: '' }}
            onDone={() => setSetting(false)}
          />
        </DialogContent>
      </Dialog>
    </Card>
  );
}

interface ProviderFormProps {
  redirectUri: string;
  known: WantedProvider | null;
  onDone: () => void;
}

function ProviderForm({ redirectUri, known, onDone }: ProviderFormProps) {
  const set = useSetSignInProvider();
  const [role, setRole] = useState<Role>(known?.defaultRole ?? 'viewer');
  const [scope, setScope] = useState(known?.defaultScope ?? '');
  const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'off', required: true } as const;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (set.isPending || role === 'owner' || role === 'admin') return;
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const wanted: WantedProvider = {
      issuer: text('issuer'),
      clientId: text('clientId'),
      clientSecret: text('clientSecret'),
      domains: text('domains').split(/[\s,]+/),
      defaultRole: role,
      defaultScope: scopeOf(role, scope),
    };
    set.mutate(wanted, { onSuccess: onDone });
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <div className="flex flex-wrap items-center gap-2">
        <CodeBlock className="flex-1 break-all" label="Address to come back to">
          {redirectUri}
        </CodeBlock>
        <CopyButton text={redirectUri} label="Copy" wide />
      </div>
      <Field label="Issuer" hint="As its discovery document names it." error={fieldError(set.error, 'issuer')}>
        {(control) => (
          <Input
            {...control}
            {...plain}
            name="issuer"
            defaultValue={known?.issuer}
            placeholder="https://id.example.com"
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Client id" error={fieldError(set.error, 'clientId')}>
          {(control) => <Input {...control} {...plain} name="clientId" defaultValue={known?.clientId} />}
        </Field>
        <Field label="Client secret" error={fieldError(set.error, 'clientSecret')}>
          {(control) => <Input {...control} {...plain} name="clientSecret" type="password" />}
        </Field>
      </div>
      <Field
        label="Domains"
        hint="It is believed about verified addresses of these alone."
        error={fieldError(set.error, 'domains')}
      >
        {(control) => (
          <Input
            {...control}
            {...plain}
            name="domains"
            defaultValue={known?.domains.join(', ')}
            placeholder="example.com"
          />
        )}
      </Field>
      <RoleFields
        role={role}
        scope={scope}
        onRole={setRole}
        onScope={setScope}
        offered={['viewer', 'operator', 'approver']}
        error={set.error}
      />
      {set.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(set.error).title}>
          {describeFailure(set.error).detail}
        </Notice>
      )}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Not now</Button>
        </DialogClose>
        <Button type="submit" variant="primary" busy={set.isPending}>
          Set the provider
        </Button>
      </DialogFooter>
    </form>
  );
}
