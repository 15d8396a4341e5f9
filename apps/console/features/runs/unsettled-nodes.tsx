// The nodes on which a command did not run to an end that was seen: each with its reason, what is known and what to do. Unknown ones first.
// Stands above the answer, because whoever asks again without reading it may do something twice.
'use client';
import { nameReason } from '@sena/contracts/domain/name-reason';
import type { Execution, Run } from '@sena/contracts/http/runs';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { Skeleton } from '@sena/ui/skeleton';
import Link from 'next/link';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { InertText } from '../output/inert-text.tsx';
import { formatCount } from '../time/format-time.ts';
import { commandAddress } from './command-address.ts';
import { describeKnown } from './describe-known.ts';
import { describeOutcome } from './describe-outcome.ts';
import { RunCaveats } from './run-caveats.tsx';
import { useExecutionList } from './use-executions.ts';

const foldedMax = 5;

interface UnsettledNodesProps {
  run: Run;
  onShowExecution: (executionId: string) => void;
}

export function UnsettledNodes({ run, onShowExecution }: UnsettledNodesProps) {
  const { unknown, notStarted } = run.counts;
  if (unknown + notStarted === 0) return null;
  return (
    <Card aria-label="What did not run to an end" className={unknown > 0 ? 'border-unknown/40' : 'border-warning/50'}>
      <CardHeader>
        <CardTitle>What did not run to an end</CardTitle>
        <span className="flex flex-wrap gap-1.5">
          <RunCaveats counts={run.counts} />
        </span>
      </CardHeader>
      {unknown > 0 && (
        <Nodes
          runId={run.id}
          outcome="unknown"
          count={unknown}
          advice="Nobody saw the command end there: it may have run, in whole or in part, or not at all. SENA repeats nothing by itself, and says here what it finds out later. Look at each of these nodes before you try again."
          onShowExecution={onShowExecution}
        />
      )}
      {notStarted > 0 && (
        <Nodes
          runId={run.id}
          outcome="not_started"
          count={notStarted}
          advice="There nothing ran. Mend what is named, then ask again for these nodes."
          onShowExecution={onShowExecution}
        />
      )}
    </Card>
  );
}

interface NodesProps {
  runId: string;
  outcome: 'unknown' | 'not_started';
  count: number;
  advice: string;
  onShowExecution: (executionId: string) => void;
}

function Nodes({ runId, outcome, count, advice, onShowExecution }: NodesProps) {
  const [all, setAll] = useState(false);
  const list = useExecutionList(runId, { outcome, group: null });
  const visible = all ? list.rows : list.rows?.slice(0, foldedMax);
  return (
    <div className="border-b border-border p-4 last:border-0">
      <p className="text-sm text-pretty">{advice}</p>
      {list.error !== null && <FailureNotice error={list.error} onRetry={list.refetch} className="mt-3" />}
      {visible === undefined && list.error === null && (
        <div role="status" aria-label="Loading these nodes" className="mt-3 flex flex-col gap-2">
          <Skeleton className="h-4 w-3/5" />
          <Skeleton className="h-4 w-2/5" />
        </div>
      )}
      <ul aria-label={outcome === 'unknown' ? 'Nodes with an unknown outcome' : 'Nodes where it was not started'}>
        {visible?.map((execution) => (
          <Unsettled key={execution.id} execution={execution} onShowExecution={onShowExecution} />
        ))}
      </ul>
      {all && list.hasNextPage && (
        <Button size="sm" className="mt-3" busy={list.isFetchingNextPage} onClick={list.fetchNextPage}>
          Load more
        </Button>
      )}
      {!all && list.rows !== undefined && count > foldedMax && (
        <Button size="sm" className="mt-3" onClick={() => setAll(true)}>
          Show all {formatCount(count, 'execution')}
        </Button>
      )}
    </div>
  );
}

interface UnsettledProps {
  execution: Execution;
  onShowExecution: (executionId: string) => void;
}

function Unsettled({ execution, onShowExecution }: UnsettledProps) {
  const words = describeOutcome(execution);
  const { name } = execution.node;
  const isUnknown = execution.outcome === 'unknown';
  const hasPrinted = execution.stdoutBytes + execution.stderrBytes > 0;
  return (
    <li className="mt-3 flex flex-col gap-0.5 border-l-2 border-border pl-3">
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-mono text-[0.8125rem] font-medium">{execution.node.name}</span>
        {execution.reason !== null && (
          <Badge tone={isUnknown ? 'unknown' : 'warning'}>{nameReason(execution.reason)}</Badge>
        )}
      </span>
      {words.whatToDo !== null && <span className="text-sm text-pretty">{words.whatToDo}</span>}
      {isUnknown && <span className="text-[0.8125rem] text-muted-foreground">{describeKnown(execution)}</span>}
      {execution.detail !== null && (
        <span className="text-[0.8125rem] break-words text-muted-foreground">
          <InertText text={execution.detail} terminal="show" />
        </span>
      )}
      <span className="mt-1.5 flex flex-wrap gap-1.5">
        {isUnknown && (
          <Button asChild size="sm">
            <Link href={commandAddress({ command: '', selector: `name=${name}` })}>Look at {name}</Link>
          </Button>
        )}
        {isUnknown && hasPrinted && (
          <Button size="sm" variant="ghost" onClick={() => onShowExecution(execution.id)}>
            What {name} printed
          </Button>
        )}
        <Button asChild size="sm" variant="ghost">
          <Link href={commandAddress({ command: execution.command, selector: `name=${name}` })}>
            Run it on {name} again
          </Link>
        </Button>
      </span>
    </li>
  );
}
