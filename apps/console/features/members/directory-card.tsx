// The organization's directory (SCIM) and its tokens: what each is called, when it was made and used. For owners.
'use client';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { Skeleton } from '@sena/ui/skeleton';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { Ago } from '../time/ago.tsx';
import { formatIn } from '../time/format-time.ts';
import { useNow } from '../time/use-now.ts';
import { CreateScimTokenDialog } from './create-scim-token-dialog.tsx';
import { useRevokeScimToken, useScimTokens } from './use-scim-tokens.ts';

export function DirectoryCard() {
  const tokens = useScimTokens();
  const [creating, setCreating] = useState(false);
  const revoke = useRevokeScimToken();
  const nowMs = useNow(60_000);
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
        <Button onClick={() => setCreating(true)}>Create a SCIM token</Button>
      </div>
      {tokens.data.items.length > 0 && (
        <ul className="flex flex-col gap-1" aria-label="SCIM tokens">
          {tokens.data.items.map((token) => (
            <li key={token.id} className="flex flex-wrap items-center justify-between gap-2 text-sm">
              <span className="min-w-0">
                <span className="font-medium break-words">{token.name}</span>{' '}
                <span className="text-xs text-muted-foreground">
                  made <Ago at={token.createdAt} /> by {token.createdBy.name},{' '}
                  {token.lastUsedAt === null ? (
                    'never used'
                  ) : (
                    <>
                      used <Ago at={token.lastUsedAt} />
                    </>
                  )}
                  ,{' '}
                  {Date.parse(token.expiresAt) <= nowMs ? 'has expired' : `expires ${formatIn(token.expiresAt, nowMs)}`}
                </span>
              </span>
              <ConfirmDialog
                trigger={
                  <Button size="sm" variant="ghost" busy={revoke.isPending}>
                    <Trash2 /> Revoke
                  </Button>
                }
                title={`Revoke ${token.name}?`}
                description="The directory that shows it is refused from now on. What it said before stays."
                action="Revoke it"
                keep="Keep it"
                onConfirm={() => revoke.mutate(token.id)}
              />
            </li>
          ))}
        </ul>
      )}
      <CreateScimTokenDialog baseUrl={tokens.data.baseUrl} open={creating} onOpenChange={setCreating} />
    </Card>
  );
}
