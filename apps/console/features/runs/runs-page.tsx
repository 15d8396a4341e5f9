// Every run of the organization, newest first.
'use client';
import type { ActingMember } from '@sena/contracts/domain/principal';
import { type RunStatus, runStatusSchema } from '@sena/contracts/domain/run';
import type { RunSummary } from '@sena/contracts/http/runs';
import { Button } from '@sena/ui/button';
import { EmptyState } from '@sena/ui/empty-state';
import { Select } from '@sena/ui/select';
import { createColumnHelper } from '@tanstack/react-table';
import { List, SearchX } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { nameKey, sayWho } from '../members/say-who.ts';
import { InertText } from '../output/inert-text.tsx';
import { Page } from '../shell/page.tsx';
import { DataTable, type listFeatures } from '../table/data-table.tsx';
import { Ago } from '../time/ago.tsx';
import { formatDuration, formatMoment } from '../time/format-time.ts';
import { describeCounts } from './describe-counts.ts';
import { RunCaveats } from './run-caveats.tsx';
import { RunKindIcon } from './run-kind-icon.tsx';
import { RunStatusBadge, runStatusWords } from './run-status-badge.tsx';
import { runTitle } from './run-title.ts';
import { useRunList } from './use-runs.ts';
import { whenBegan } from './when-began.ts';

const column = createColumnHelper<typeof listFeatures, RunSummary>();

const columns = column.columns([
  column.display({
    id: 'run',
    header: 'Run',
    cell: ({ row }) => (
      <div className="flex min-w-0 flex-col items-start gap-1.5">
        <Link
          href={`/runs/${row.original.id}`}
          className="flex max-w-full items-start gap-2 rounded-sm font-medium hover:text-primary md:items-center"
        >
          <RunKindIcon kind={row.original.kind} />
          <span
            className={`min-w-0 max-md:line-clamp-3 max-md:break-words md:truncate ${row.original.kind === 'command' ? 'font-mono text-[0.8125rem] font-normal' : ''}`}
          >
            <InertText text={runTitle(row.original)} terminal={row.original.kind === 'command' ? 'exact' : 'show'} />
          </span>
        </Link>
        <span className="flex flex-wrap gap-1.5 md:hidden">
          <RunStatusBadge run={row.original} />
          {row.original.status !== 'succeeded' && <RunCaveats counts={row.original.counts} />}
        </span>
      </div>
    ),
  }),
  column.display({
    id: 'status',
    header: 'Status',
    cell: ({ row }) => <RunStatusBadge run={row.original} />,
  }),
  column.display({
    id: 'executions',
    header: 'Executions',
    cell: ({ row }) => (
      <span className="block max-w-56 min-w-32 text-xs text-pretty text-muted-foreground">
        {row.original.counts.total === 0 ? '–' : describeCounts(row.original.counts)}
      </span>
    ),
  }),
  column.display({
    id: 'by',
    header: 'Asked by',
    cell: ({ row }) => <Who member={row.original.requestedBy} />,
  }),
  column.display({
    id: 'when',
    header: 'When',
    cell: ({ row }) => (
      <span className="block text-muted-foreground">
        <Ago at={row.original.createdAt} />
        <Took run={row.original} />
      </span>
    ),
  }),
]);

/** In a line each, cut where it is longer: a key's name may be long. */
function Who({ member }: { member: ActingMember }) {
  return (
    <span className="block max-w-48 min-w-24 text-muted-foreground" title={sayWho(member)}>
      <span className="block truncate">
        <InertText text={member.name} terminal="show" />
      </span>
      {member.key !== null && (
        <span className="block truncate text-xs">
          key <InertText text={nameKey(member.key)} terminal="show" />
        </span>
      )}
    </span>
  );
}

function Took({ run }: { run: RunSummary }) {
  const beganAt = whenBegan(run);
  if (run.startAt !== null && beganAt === null && run.finishedAt === null) {
    return (
      <span className="block text-xs tabular-nums max-md:min-w-28 md:whitespace-nowrap">
        starts at {formatMoment(run.startAt)}
      </span>
    );
  }
  if (beganAt === null || run.finishedAt === null) return null;
  return (
    <span className="block text-xs whitespace-nowrap tabular-nums">
      took {formatDuration(Date.parse(run.finishedAt) - Date.parse(beganAt))}
    </span>
  );
}

const statusOptions = [
  { value: 'all', label: 'Every status' },
  ...runStatusSchema.options.map((status) => ({ value: status, label: runStatusWords[status] })),
];

export function RunsPage() {
  const [status, setStatus] = useState<RunStatus | null>(null);
  const list = useRunList(status);
  return (
    <Page
      title="Runs"
      description="Every question and every command, with what it did and what came of it."
      actions={
        <Select
          label="Status"
          value={status ?? 'all'}
          onValueChange={(value) => setStatus(runStatusSchema.safeParse(value).data ?? null)}
          options={statusOptions}
        />
      }
    >
      <DataTable
        label="Runs"
        grow="run"
        wideOnly={['status', 'executions', 'by']}
        columns={columns}
        list={list}
        empty={
          status === null ? (
            <EmptyState
              icon={<List />}
              title="No runs yet"
              action={
                <Button asChild variant="primary">
                  <Link href="/">Ask the first question</Link>
                </Button>
              }
            >
              Ask something about your nodes in plain words. The run, its commands and its answer stay here.
            </EmptyState>
          ) : (
            <EmptyState
              icon={<SearchX />}
              title={`No run is ${runStatusWords[status].toLowerCase()}`}
              action={<Button onClick={() => setStatus(null)}>Show every run</Button>}
            >
              Choose another status, or look at all of them.
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
