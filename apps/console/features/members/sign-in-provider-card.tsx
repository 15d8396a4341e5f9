// Where the organization's people sign in besides SENA: what there is, setting it, taking it away. For owners.
'use client';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { CodeBlock } from '@sena/ui/code-block';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { CopyButton } from '@sena/ui/copy-button';
import { Dialog, DialogContent } from '@sena/ui/dialog';
import { Skeleton } from '@sena/ui/skeleton';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { SignInProviderForm } from './sign-in-provider-form.tsx';
import { useRemoveSignInProvider, useSignInProvider } from './use-sign-in-provider.ts';

export function SignInProviderCard() {
  const shown = useSignInProvider();
  const remove = useRemoveSignInProvider();
  const [setting, setSetting] = useState(false);
  if (shown.isPending) return <Skeleton className="h-20 w-full" />;
  if (shown.data === undefined) return <FailureNotice error={shown.error} onRetry={() => void shown.refetch()} />;
  const { provider, signInUrl } = shown.data;
  return (
    <Card className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-sm font-semibold">Sign-in with your own provider</h2>
          <p className="mt-1 text-sm break-words text-pretty text-muted-foreground">
            {provider === null
              ? 'Your people can sign in where they sign in already, by OpenID Connect or SAML. There is no provider yet.'
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
          description="Register SENA there with what stands here, then enter what it gave you."
        >
          <SignInProviderForm shown={shown.data} onDone={() => setSetting(false)} />
        </DialogContent>
      </Dialog>
    </Card>
  );
}
