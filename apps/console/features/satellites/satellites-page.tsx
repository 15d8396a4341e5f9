// The hands of SENA: which are there, where, since when; adding one and taking one's access away.
'use client';
import type { Satellite } from '@sena/contracts/http/fleet';
import { Button } from '@sena/ui/button';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { EmptyState } from '@sena/ui/empty-state';
import { createColumnHelper } from '@tanstack/react-table';
import { Plug, Plus } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { useMayManageFleet, useMayUnlockSatellites } from '../session/use-me.ts';
import { Page } from '../shell/page.tsx';
import { DataTable, type listFeatures } from '../table/data-table.tsx';
import { Ago } from '../time/ago.tsx';
import { AddSatelliteDialog } from './add-satellite-dialog.tsx';
import { SatelliteStatus } from './satellite-status.tsx';
import { SiteCards } from './site-cards.tsx';
import { useRevokeSatellite, useSatelliteList, useUnlockSatellite } from './use-satellites.ts';

const column = createColumnHelper<typeof listFeatures, Satellite>();

const columns = column.columns([
  column.display({
    id: 'name',
    header: 'Satellite',
    cell: ({ row }) => <span className="font-mono text-[0.8125rem] whitespace-nowrap">{row.original.name}</span>,
  }),
  column.display({
    id: 'status',
    header: 'Status',
    cell: ({ row }) => (
      <span className="flex flex-col items-start gap-1">
        <SatelliteStatus status={row.original.status} />
        {row.original.lock !== null && <LockWords lock={row.original.lock} />}
      </span>
    ),
  }),
  column.display({ id: 'site', header: 'Site', cell: ({ row }) => row.original.site.name }),
  column.display({
    id: 'seen',
    header: 'Last seen',
    cell: ({ row }) => (
      <span className="text-muted-foreground">
        {row.original.lastSeenAt === null ? 'never' : <Ago at={row.original.lastSeenAt} />}
      </span>
    ),
  }),
  column.display({
    id: 'version',
    header: 'Version',
    cell: ({ row }) => <span className="text-muted-foreground">{row.original.version ?? '–'}</span>,
  }),
  column.display({
    id: 'key',
    header: 'Key',
    cell: ({ row }) => (
      <code
        className="block max-w-40 truncate font-mono text-xs text-muted-foreground"
        title={row.original.fingerprint}
      >
        {row.original.fingerprint}
      </code>
    ),
  }),
  column.display({
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    cell: ({ row }) =>
      row.original.status === 'revoked' ? null : (
        <span className="flex justify-end">
          {row.original.status === 'locked' && <Unlock satellite={row.original} />}
          <Revoke satellite={row.original} />
        </span>
      ),
  }),
]);

/** What a person has to know before they decide. */
function LockWords({ lock }: { lock: NonNullable<Satellite['lock']> }) {
  const { address, formerAddress, shownCounter, keptCounter } = lock;
  return (
    <span className="max-w-96 text-xs text-muted-foreground">
      Its state directory exists twice, or was restored from a backup: one that has seen {shownCounter ?? 'no'}{' '}
      connections came from {address ?? 'an unknown address'}, after one that has seen {keptCounter}, from{' '}
      {formerAddress ?? 'an unknown address'}. If you don’t know both, revoke it and enrol it again.
    </span>
  );
}

function Unlock({ satellite }: { satellite: Satellite }) {
  const mayUnlock = useMayUnlockSatellites();
  const unlock = useUnlockSatellite();
  if (!mayUnlock) return null;
  return (
    <ConfirmDialog
      trigger={
        <Button size="sm" variant="ghost" busy={unlock.isPending} aria-label={`Unlock ${satellite.name}`}>
          Unlock
        </Button>
      }
      title={`Unlock ${satellite.name}?`}
      description="Remove the other copy of its state directory first. The first one that connects is taken for the satellite; the next one locks it again. If you don’t know where the other copy is, revoke the satellite instead: whoever has it has its key."
      action="Unlock it"
      keep="Keep it locked"
      onConfirm={() => unlock.mutate(satellite.id)}
    />
  );
}

function Revoke({ satellite }: { satellite: Satellite }) {
  const mayManage = useMayManageFleet();
  const revoke = useRevokeSatellite();
  if (!mayManage) return null;
  return (
    <ConfirmDialog
      trigger={
        <Button size="sm" variant="ghost" busy={revoke.isPending} aria-label={`Revoke ${satellite.name}`}>
          Revoke
        </Button>
      }
      title={`Revoke ${satellite.name}?`}
      description={`Its tunnel closes at once and its key is never accepted again. Without another satellite at ${satellite.site.name}, the nodes there can't be reached.`}
      action="Revoke access"
      keep="Keep it"
      onConfirm={() => revoke.mutate(satellite.id)}
    />
  );
}

export function SatellitesPage() {
  const mayManage = useMayManageFleet();
  const wantsToAdd = useSearchParams().has('add');
  const [adding, setAdding] = useState(wantsToAdd && mayManage);
  const list = useSatelliteList(adding ? 5_000 : 10_000);
  const addButton = mayManage && (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden /> Add a satellite
    </Button>
  );
  return (
    <Page
      title="Satellites"
      description="A satellite runs inside a site, dials out to SENA, and alone holds the SSH keys of the nodes there."
      actions={addButton}
    >
      <SiteCards />
      <DataTable
        label="Satellites"
        wideOnly={['site', 'seen', 'version', 'key']}
        columns={columns}
        list={list}
        empty={
          <EmptyState icon={<Plug />} title="No satellite yet" action={addButton}>
            {mayManage
              ? 'Add one inside the network where your servers are. It needs no open port: it connects outwards.'
              : 'One runs inside the network where your servers are. An admin or the owner of the organization adds it.'}
          </EmptyState>
        }
      />
      <AddSatelliteDialog open={adding} onOpenChange={setAdding} satellites={list.rows ?? []} />
    </Page>
  );
}
