// What was planned: each step with its command, as it was judged and as it runs.
import type { RunEvent, RunEventData } from '@sena/contracts/domain/run-event';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { InertText } from '../output/inert-text.tsx';
import { formatCount } from '../time/format-time.ts';

type Planned = Extract<RunEventData, { type: 'run.planned' }>;

export function RunPlan({ events }: { events: readonly RunEvent[] }) {
  // A run may plan more than once: one turn after another.
  const plans = events.map((event) => event.data).filter((data): data is Planned => data.type === 'run.planned');
  const steps = plans.flatMap((plan) => plan.steps);
  if (steps.length === 0) return null;
  return (
    <Card aria-label="Plan">
      <CardHeader>
        <CardTitle>Plan</CardTitle>
        <span className="text-xs text-muted-foreground">{formatCount(steps.length, 'command')}</span>
      </CardHeader>
      <ol className="flex flex-col gap-3 p-4">
        {steps.map((step) => (
          <li key={step.step} className="flex min-w-0 flex-col gap-1.5">
            <p className="flex flex-wrap items-baseline justify-between gap-x-2 text-[0.8125rem]">
              <span className="min-w-0 break-words">
                <InertText text={step.title} terminal="show" />
              </span>
              <span className="text-xs text-muted-foreground">{formatCount(step.nodeCount, 'node')}</span>
            </p>
            <div className="relative">
              <CodeBlock className="max-h-40 pr-10">
                <InertText text={step.command} terminal="exact" />
              </CodeBlock>
              <CopyButton text={step.command} label="Copy the command" className="absolute top-0.5 right-0.5" />
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
