// The answer: what was found, and the executions each claim rests on. While there is none: what is being waited for.
'use client';
import type { Finding } from '@sena/contracts/domain/run';
import type { RunEvent } from '@sena/contracts/domain/run-event';
import type { Execution, Run } from '@sena/contracts/http/runs';
import { Badge, type Tone } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { Spinner } from '@sena/ui/spinner';
import { FileText } from 'lucide-react';
import { useState } from 'react';
import { NodeNames } from '../nodes/node-names.tsx';
import { InlineText } from '../output/inline-text.tsx';
import { formatCount } from '../time/format-time.ts';
import { useNow } from '../time/use-now.ts';
import { AnswerText } from './answer-text.tsx';
import { answerWithoutFindings } from './answer-without-findings.ts';
import { describeProgress } from './describe-progress.ts';
import { useExecutionsById } from './use-executions.ts';

interface RunAnswerProps {
  run: Run;
  events: readonly RunEvent[];
  onShowExecution: (executionId: string) => void;
}

export function RunAnswer({ run, events, onShowExecution }: RunAnswerProps) {
  const executions = useExecutionsById(run.id, run.findings.length > 0);
  if (run.answer === null && run.findings.length === 0) return <NoAnswer run={run} events={events} />;
  const answer = answerWithoutFindings(run.answer ?? '', run.findings);
  return (
    <Card aria-label="Answer">
      <CardHeader>
        <CardTitle>Answer</CardTitle>
        <span className="text-xs text-muted-foreground">{describePlanner(run)}</span>
      </CardHeader>
      <div className="flex flex-col gap-4 p-4">
        {answer.trim() !== '' && <AnswerText text={answer} />}
        {run.findings.length > 0 && (
          <ol className="flex flex-col gap-2" aria-label="Findings">
            {run.findings.map((finding) => (
              <FindingItem
                key={finding.id}
                finding={finding}
                executions={executions.data}
                onShowExecution={onShowExecution}
              />
            ))}
          </ol>
        )}
      </div>
    </Card>
  );
}

const severities: Record<Finding['severity'], { tone: Tone; words: string }> = {
  critical: { tone: 'danger', words: 'Critical' },
  warning: { tone: 'warning', words: 'Warning' },
  info: { tone: 'neutral', words: 'Info' },
};

const evidenceShown = 4;

interface FindingItemProps {
  finding: Finding;
  executions: ReadonlyMap<string, Execution> | undefined;
  onShowExecution: (executionId: string) => void;
}

function FindingItem({ finding, executions, onShowExecution }: FindingItemProps) {
  const [all, setAll] = useState(false);
  const { tone, words } = severities[finding.severity];
  const evidence = all ? finding.executionIds : finding.executionIds.slice(0, evidenceShown);
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-border p-3">
      <div className="flex items-start gap-2.5">
        <Badge tone={tone} className="mt-px">
          {words}
        </Badge>
        <p className="min-w-0 flex-1 text-sm leading-6 break-words">
          <InlineText text={finding.claim} />
        </p>
      </div>
      <NodeNames nodes={finding.nodes} total={finding.nodes.length} shown={8} />
      <div className="flex flex-wrap items-center gap-1.5">
        <span className="text-xs text-muted-foreground">Rests on</span>
        {evidence.map((executionId) => {
          const execution = executions?.get(executionId);
          const name = execution === undefined ? executionId.slice(0, 8) : `${execution.node.name} · ${execution.step}`;
          return (
            <Button
              key={executionId}
              size="sm"
              className="h-6 px-2 font-mono text-xs font-normal"
              aria-label={`Output of ${name}`}
              onClick={() => onShowExecution(executionId)}
            >
              <FileText aria-hidden /> {name}
            </Button>
          );
        })}
        {finding.executionIds.length > evidence.length && (
          <Button variant="link" size="inline" className="text-xs" onClick={() => setAll(true)}>
            and {finding.executionIds.length - evidence.length} more
          </Button>
        )}
      </div>
    </li>
  );
}

function NoAnswer({ run, events }: Pick<RunAnswerProps, 'run' | 'events'>) {
  const nowMs = useNow(1_000);
  switch (run.status) {
    case 'queued':
    case 'running':
      // What is being cancelled comes to no answer; how far it is stands above. So does a queue that is away.
      if (run.cancel !== null || run.waits.some(({ kind }) => kind === 'queue_unreachable')) return null;
      return (
        <Card aria-label="Answer">
          <div role="status" className="flex items-center gap-3 p-4 text-sm">
            <Spinner className="shrink-0 text-primary" />
            <span className="text-pretty">{describeProgress(run, events, nowMs)}</span>
          </div>
        </Card>
      );
    case 'awaiting_approval':
    case 'scheduled':
    case 'failed':
    case 'cancelled':
    case 'succeeded':
      return null;
  }
}

function describePlanner(run: Run): string {
  switch (run.planner) {
    case 'model': {
      const models = run.usage.models.join(', ');
      const tokens = run.usage.promptTokens + run.usage.completionTokens;
      return `${models === '' ? 'A model' : models} · ${formatCount(tokens, 'token')}`;
    }
    case 'runbook':
      return 'From a runbook, no model was used';
    case 'none':
      return '';
  }
}
