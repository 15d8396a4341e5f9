// The organization's directory (SCIM): the address that it speaks to, and its tokens. A token is shown once. For owners.
'use client';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { CodeBlock } from '@sena/ui/code-block';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { CopyButton } from '@sena/ui/copy-button';
import { Notice } from '@sena/ui/notice';
import { Skeleton } from '@sena/ui/skeleton';
import { Trash2 } from 'lucide-react';
import { describeFailure } from '../api/describe-failure.ts';
import { FailureNotice } from '../api/failure-notice.tsx';
import { Ago } from '../time/ago.tsx';
import { useCreateScimToken, useRevokeScimToken, useScimTokens } from './use-scim-tokens.ts';

export function DirectoryCard() {
  const tokens = useScimTokens();
  const create = useCreateScimToken();
  const revoke = useRevokeScimToken();
  if (tokens.isPending) return <Skeleton className="h-20 w-full" />;
  if (tokens.data === undefined) return <FailureNotice error={tokens.error} onRetry={() => void tokens.refetch()} />;
  return (
    <Card className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-sm font-semibold">Directory (SCIM)</h2>
          <p className="mt-1 text-sm text-pretty text-muted-foreground">
            Your directory says who belongs. Who it ends is out at once; its groups sena-viewer, sena-operator and
            sena-approver give these roles.
          </p>
        </div>
        <Button busy={create.isPending} onClick={() => create.mutate('directory')}>
          Create a SCIM token
        </Button>
      </div>
      {create.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(create.error).title}>
          {describeFailure(create.error).detail}
        </Notice>
      )}
      {create.data !== undefined && (
        <Notice tone="info" title="The token is shown only now. Enter both at your directory.">
          <div className="mt-2 flex flex-col gap-2">
            <Line label="Base URL" text={tokens.data.baseUrl} />
            <Line label="SCIM token" text={create.data.token} />
          </div>
        </Notice>
      )}
      {tokens.data.items.length > 0 && (
        <ul className="flex flex-col gap-1" aria-label="SCIM tokens">
          {tokens.data.items.map((token) => (
            <li key={token.id} className="flex flex-wrap items-center justify-between gap-2 text-sm">
              <span className="min-w-0">
                {token.name}{' '}
                <span className="text-xs text-muted-foreground">
                  made <Ago at={token.createdAt} /> by {token.createdBy.name},{' '}
                  {token.lastUsedAt === null ? (
                    'never used'
                  ) : (
                    <>
                      used <Ago at={token.lastUsedAt} />
                    </>
                  )}
                </span>
              </span>
              <ConfirmDialog
                trigger={
                  <Button size="sm" variant="ghost" busy={revoke.isPending}>
                    <Trash2 /> Revoke
                  </Button>
                }
                title="Revoke this token?"
                description="The directory that shows it is refused from now on. What it said before stays."
                action="Revoke it"
                keep="Keep it"
                onConfirm={() => revoke.mutate(token.id)}
              />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Line({ label, text }: { label: string; text: string }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <CodeBlock className="flex-1 break-all" label={label}>
        {text}
      </CodeBlock>
      <CopyButton text={text} label={`Copy the ${label}`} wide />
    </div>
  );
}
