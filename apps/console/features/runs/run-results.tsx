// What the nodes said: equal answers together with their counts, or node by node.
'use client';
import type { Run } from '@sena/contracts/http/runs';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { Segmented } from '@sena/ui/segmented';
import { useState } from 'react';
import { formatCount } from '../time/format-time.ts';
import { ExecutionsTable } from './executions-table.tsx';
import { OutputGroups } from './output-groups.tsx';
import { RunProgress } from './run-progress.tsx';
import type { ExecutionFilter } from './use-executions.ts';

interface RunResultsProps {
  run: Run;
  onShowExecution: (executionId: string) => void;
}

type View = 'groups' | 'nodes';
const noFilter: ExecutionFilter = { outcome: null, group: null };

export function RunResults({ run, onShowExecution }: RunResultsProps) {
  const [view, setView] = useState<View>('groups');
  const [filter, setFilter] = useState<ExecutionFilter>(noFilter);
  if (run.counts.total === 0) return null;
  return (
    <Card aria-label="Results">
      <CardHeader>
        <CardTitle>
          Results{' '}
          <span className="font-normal text-muted-foreground">{formatCount(run.counts.total, 'execution')}</span>
        </CardTitle>
        <Segmented
          label="How to show the results"
          value={view}
          onChange={(next) => {
            setView(next);
            setFilter(noFilter);
          }}
          options={[
            { value: 'groups', label: 'Equal answers' },
            { value: 'nodes', label: 'Node by node' },
          ]}
        />
      </CardHeader>
      <div className="border-b border-border px-4 py-3">
        <RunProgress counts={run.counts} />
      </div>
      {view === 'groups' ? (
        <OutputGroups
          runId={run.id}
          onShowExecution={onShowExecution}
          onShowGroup={(group) => {
            setFilter({ outcome: null, group });
            setView('nodes');
          }}
        />
      ) : (
        <ExecutionsTable runId={run.id} filter={filter} onFilter={setFilter} onShowExecution={onShowExecution} />
      )}
    </Card>
  );
}
