// Keys for programs: what each may do, when it was used last, and how it ends.
'use client';
import type { ApiKey } from '@sena/contracts/http/api-keys';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { EmptyState } from '@sena/ui/empty-state';
import { Segmented } from '@sena/ui/segmented';
import { createColumnHelper } from '@tanstack/react-table';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useMe } from '../session/use-me.ts';
import { Page } from '../shell/page.tsx';
import { DataTable, type listFeatures } from '../table/data-table.tsx';
import { Ago } from '../time/ago.tsx';
import { formatIn } from '../time/format-time.ts';
import { useNow } from '../time/use-now.ts';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { useApiKeyList, useRevokeApiKey } from './use-api-keys.ts';

const column = createColumnHelper<typeof listFeatures, ApiKey>();

export function ApiKeysPage() {
  const me = useMe();
  const [of, setOf] = useState<'me' | 'everyone'>('me');
  const [creating, setCreating] = useState(false);
  const list = useApiKeyList(of);
  const [columns] = useState(keyColumns);
  return (
    <Page
      title="API keys"
      description="Keys for programs. Each does no more than it was made for, and ends with its member."
      actions={
        <>
          {me.permissions.includes('members:manage') && (
            <Segmented
              label="Whose keys"
              value={of}
              onChange={setOf}
              options={[
                { value: 'me', label: 'Mine' },
                { value: 'everyone', label: 'Everyone’s' },
              ]}
            />
          )}
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus aria-hidden /> Create a key
          </Button>
        </>
      }
    >
      <DataTable
        label="API keys"
        columns={columns}
        list={list}
        wideOnly={['member', 'scopes', 'used', 'expires']}
        empty={
          <EmptyState
            icon={<KeyRound />}
            title="No keys yet"
            action={
              <Button variant="primary" onClick={() => setCreating(true)}>
                <Plus aria-hidden /> Create a key
              </Button>
            }
          >
            A key lets a program ask and run over the API, as you, within what you choose for it.
          </EmptyState>
        }
      />
      <CreateKeyDialog open={creating} onOpenChange={setCreating} />
    </Page>
  );
}

function keyColumns() {
  return column.columns([
    column.display({
      id: 'name',
      header: 'Key',
      cell: ({ row: { original: key } }) => (
        <span className="flex min-w-0 flex-col items-start gap-0.5">
          <span className="font-medium break-words">{key.name}</span>
          <code className="font-mono text-xs text-muted-foreground">{key.start}…</code>
          <span className="text-xs text-muted-foreground md:hidden">
            of {key.member.name},{' '}
            {key.lastUsedAt === null ? (
              'never used'
            ) : (
              <>
                used <Ago at={key.lastUsedAt} />
              </>
            )}
          </span>
          <span className="md:hidden">
            <Expires at={key.expiresAt} />
          </span>
          {key.status !== 'active' && <Badge tone="warning">{key.status}</Badge>}
        </span>
      ),
    }),
    column.display({ id: 'member', header: 'Of', cell: ({ row }) => row.original.member.name }),
    column.display({
      id: 'scopes',
      header: 'May',
      cell: ({ row }) =>
        row.original.scopes === null ? (
          <span className="text-xs text-muted-foreground">whatever its member may</span>
        ) : (
          <span className="flex flex-wrap gap-1">
            {row.original.scopes.map((scope) => (
              <Badge key={scope} tone="outline" className="font-mono font-normal">
                {scope}
              </Badge>
            ))}
          </span>
        ),
    }),
    column.display({
      id: 'used',
      header: 'Last used',
      cell: ({ row }) => (
        <span className="text-xs text-muted-foreground">
          {row.original.lastUsedAt === null ? 'never' : <Ago at={row.original.lastUsedAt} />}
        </span>
      ),
    }),
    column.display({ id: 'expires', header: 'Expires', cell: ({ row }) => <Expires at={row.original.expiresAt} /> }),
    column.display({
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row }) => <RevokeKey apiKey={row.original} />,
    }),
  ]);
}

function Expires({ at }: { at: string | null }) {
  const nowMs = useNow(60_000);
  if (at === null) return <Badge tone="warning">never expires</Badge>;
  const isOver = Date.parse(at) <= nowMs;
  return (
    <span className="text-xs whitespace-nowrap text-muted-foreground">
      {isOver ? <Ago at={at} /> : formatIn(at, nowMs)}
    </span>
  );
}

function RevokeKey({ apiKey }: { apiKey: ApiKey }) {
  const revoke = useRevokeApiKey();
  return (
    <span className="flex justify-end">
      <ConfirmDialog
        trigger={
          <Button
            size="icon"
            variant="ghost"
            className="size-7 hover:text-danger"
            busy={revoke.isPending}
            aria-label={`Revoke ${apiKey.name} of ${apiKey.member.name}`}
            title={`Revoke ${apiKey.name} of ${apiKey.member.name}`}
          >
            <Trash2 aria-hidden />
          </Button>
        }
        title={`Revoke ${apiKey.name} of ${apiKey.member.name}?`}
        description="Whatever uses it stops at once, and so do keys that were made with it. This can’t be taken back."
        action="Revoke the key"
        keep="Keep it"
        onConfirm={() => revoke.mutate(apiKey)}
      />
    </span>
  );
}
