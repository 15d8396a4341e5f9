// What is one's own: the second factor and the passkeys of sign-in, and where one is signed in.
'use client';
import type { Session } from '@sena/contracts/http/sessions';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { EmptyState } from '@sena/ui/empty-state';
import { createColumnHelper } from '@tanstack/react-table';
import { MonitorSmartphone } from 'lucide-react';
import { useState } from 'react';
import { useMe } from '../session/use-me.ts';
import { Page } from '../shell/page.tsx';
import { DataTable, type listFeatures } from '../table/data-table.tsx';
import { Ago } from '../time/ago.tsx';
import { SecondFactorCard } from './second-factor-card.tsx';
import { shortenAddress } from './shorten-address.ts';
import { SignInPasskeysCard } from './sign-in-passkeys-card.tsx';
import { useEndSession, useSessionList } from './use-sessions.ts';

const column = createColumnHelper<typeof listFeatures, Session>();

export function AccountPage() {
  const me = useMe();
  const list = useSessionList();
  const [columns] = useState(sessionColumns);
  return (
    <Page
      title="Account"
      description={`${me.user.email}, ${me.role} of ${me.organization.name}${me.scope === null ? '' : ` on ${me.scope}`}.`}
    >
      <SecondFactorCard />
      <SignInPasskeysCard />
      <section className="flex flex-col gap-3" aria-labelledby="sessions">
        <h2 id="sessions" className="text-sm font-semibold">
          Where you are signed in
        </h2>
        <DataTable
          label="Sessions"
          columns={columns}
          list={list}
          wideOnly={['address', 'began']}
          empty={
            <EmptyState icon={<MonitorSmartphone />} title="No browser is signed in">
              Sign in with your password to see it here.
            </EmptyState>
          }
        />
      </section>
    </Page>
  );
}

function sessionColumns() {
  return column.columns([
    column.display({
      id: 'browser',
      header: 'Browser',
      cell: ({ row }) => (
        <span className="flex flex-wrap items-center gap-2">
          <span className="break-words">{describeBrowser(row.original.userAgent)}</span>
          {row.original.isCurrent && <Badge tone="primary">this one</Badge>}
        </span>
      ),
    }),
    column.display({
      id: 'address',
      header: 'Address',
      cell: ({ row }) => (
        <code className="font-mono text-xs text-muted-foreground">
          {row.original.address === null ? 'unknown' : shortenAddress(row.original.address)}
        </code>
      ),
    }),
    column.display({
      id: 'began',
      header: 'Signed in',
      cell: ({ row }) => (
        <span className="text-xs text-muted-foreground">
          <Ago at={row.original.createdAt} />
        </span>
      ),
    }),
    column.display({
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row }) => (row.original.isCurrent ? null : <EndSession session={row.original} />),
    }),
  ]);
}

function EndSession({ session }: { session: Session }) {
  const end = useEndSession();
  return (
    <span className="flex justify-end">
      <Button
        size="sm"
        variant="ghost"
        busy={end.isPending}
        onClick={() => end.mutate(session)}
        aria-label={`Sign out ${describeBrowser(session.userAgent)}`}
      >
        Sign it out
      </Button>
    </span>
  );
}

/** Good enough to tell one's own browsers apart; nothing is decided by it. */
function describeBrowser(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return 'Unknown browser';
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(userAgent)?.[1] ?? userAgent.slice(0, 40);
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(userAgent)?.[1];
  const name = browser.replace('Edg', 'Edge').replace('OPR', 'Opera');
  return system === undefined ? name : `${name} on ${system.replace('Mac OS X', 'macOS')}`;
}
