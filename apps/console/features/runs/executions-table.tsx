// Every execution of a run, page by page, by outcome or by group of equal answers.
'use client';
import type { Execution } from '@sena/contracts/http/runs';
import { Button } from '@sena/ui/button';
import { EmptyState } from '@sena/ui/empty-state';
import { Select } from '@sena/ui/select';
import { createColumnHelper } from '@tanstack/react-table';
import { FileText, SearchX, X } from 'lucide-react';
import { useMemo } from 'react';
import { InertText } from '../output/inert-text.tsx';
import { DataTable, type listFeatures } from '../table/data-table.tsx';
import { formatBytes, formatDuration } from '../time/format-time.ts';
import { describeOutcome } from './describe-outcome.ts';
import { OutcomeBadge } from './outcome-badge.tsx';
import { type ExecutionFilter, useExecutionList } from './use-executions.ts';

const outcomeOptions = [
  { value: 'all', label: 'Every outcome' },
  { value: 'exited', label: 'Exited' },
  { value: 'not_started', label: 'Not started' },
  { value: 'unknown', label: 'Unknown' },
  { value: 'pending', label: 'Under way' },
] as const;

interface ExecutionsTableProps {
  runId: string;
  filter: ExecutionFilter;
  onFilter: (filter: ExecutionFilter) => void;
  onShowExecution: (executionId: string) => void;
}

const column = createColumnHelper<typeof listFeatures, Execution>();

export function ExecutionsTable({ runId, filter, onFilter, onShowExecution }: ExecutionsTableProps) {
  const list = useExecutionList(runId, filter);
  const columns = useMemo(() => executionColumns(onShowExecution), [onShowExecution]);
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b border-border px-4 py-2.5">
        <Select
          label="Outcome"
          className="h-8"
          value={filter.outcome ?? 'all'}
          onValueChange={(value) => {
            const option = outcomeOptions.find((candidate) => candidate.value === value)?.value ?? 'all';
            onFilter({ ...filter, outcome: option === 'all' ? null : option });
          }}
          options={outcomeOptions}
        />
        {filter.group !== null && (
          <Button size="sm" onClick={() => onFilter({ ...filter, group: null })}>
            Only one group of equal answers <X aria-label="Show all" />
          </Button>
        )}
      </div>
      <DataTable
        bare
        label="Executions"
        wideOnly={['step', 'duration']}
        columns={columns}
        list={list}
        empty={
          <EmptyState
            icon={<SearchX />}
            title="No execution is like that"
            action={<Button onClick={() => onFilter({ outcome: null, group: null })}>Show every execution</Button>}
          >
            Choose another outcome, or look at all of them.
          </EmptyState>
        }
      />
    </>
  );
}

function executionColumns(onShowExecution: (executionId: string) => void) {
  return column.columns([
    column.display({
      id: 'node',
      header: 'Node',
      cell: ({ row }) => <span className="font-mono text-[0.8125rem] whitespace-nowrap">{row.original.node.name}</span>,
    }),
    column.display({
      id: 'step',
      header: 'Step',
      cell: ({ row }) => (
        <span className="block max-w-48 truncate text-muted-foreground" title={row.original.command}>
          <InertText text={row.original.step} terminal="show" />
        </span>
      ),
    }),
    column.display({
      id: 'outcome',
      header: 'Outcome',
      cell: ({ row }) => {
        const words = describeOutcome(row.original);
        return (
          <div className="flex min-w-28 flex-col items-start gap-1">
            <OutcomeBadge words={words} />
            {words.long !== null && (
              <span className="max-w-80 text-xs text-pretty text-muted-foreground">
                <InertText text={words.long} terminal="show" />
              </span>
            )}
          </div>
        );
      },
    }),
    column.display({
      id: 'duration',
      header: 'Took',
      cell: ({ row }) => (
        <span className="whitespace-nowrap text-muted-foreground tabular-nums">
          {row.original.durationMs === null ? '–' : formatDuration(row.original.durationMs)}
        </span>
      ),
    }),
    column.display({
      id: 'output',
      header: 'Output',
      cell: ({ row }) => {
        const bytes = row.original.stdoutBytes + row.original.stderrBytes;
        return (
          <Button size="sm" variant="ghost" onClick={() => onShowExecution(row.original.id)}>
            <FileText aria-hidden />
            <span className="sr-only">
              Output of {row.original.node.name}, {row.original.step}:
            </span>
            {formatBytes(bytes)}
          </Button>
        );
      },
    }),
  ]);
}
