// One execution beside the run: where, what, what became of it, and all it printed.
'use client';
import type { Execution } from '@sena/contracts/http/runs';
import { Badge } from '@sena/ui/badge';
import { CodeBlock } from '@sena/ui/code-block';
import { Notice } from '@sena/ui/notice';
import { Segmented } from '@sena/ui/segmented';
import { Sheet, SheetContent } from '@sena/ui/sheet';
import { useState } from 'react';
import { InertText } from '../output/inert-text.tsx';
import { OutputViewer } from '../output/output-viewer.tsx';
import { formatBytes, formatDuration, formatExact } from '../time/format-time.ts';
import { describeOutcome } from './describe-outcome.ts';
import { MaskedSecrets } from './masked-secrets.tsx';
import { OutcomeBadge } from './outcome-badge.tsx';
import { useExecutionsById } from './use-executions.ts';

interface ExecutionSheetProps {
  runId: string;
  executionId: string | null;
  onClose: () => void;
}

export function ExecutionSheet({ runId, executionId, onClose }: ExecutionSheetProps) {
  const executions = useExecutionsById(runId, executionId !== null);
  const execution = executionId === null ? undefined : executions.data?.get(executionId);
  return (
    <Sheet open={executionId !== null} onOpenChange={(open) => (open ? undefined : onClose())}>
      {executionId !== null && (
        <SheetContent
          side="right"
          title={execution === undefined ? 'Output' : `Output of ${execution.node.name}`}
          description={execution === undefined ? executionId : `Step ${execution.step}`}
        >
          <ExecutionDetails key={executionId} executionId={executionId} execution={execution} />
        </SheetContent>
      )}
    </Sheet>
  );
}

function ExecutionDetails({ executionId, execution }: { executionId: string; execution: Execution | undefined }) {
  const [stream, setStream] = useState<'stdout' | 'stderr' | null>(null);
  // A command that failed without a word on stdout has said why on stderr.
  const quiet = execution !== undefined && execution.stdoutBytes === 0 && execution.stderrBytes > 0;
  const shown = stream ?? (quiet ? 'stderr' : 'stdout');
  const words = execution === undefined ? null : describeOutcome(execution);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-4">
      {execution !== undefined && words !== null && (
        <>
          <CodeBlock className="max-h-40 shrink-0">
            <span aria-hidden className="text-muted-foreground select-none">
              ${' '}
            </span>
            <InertText text={execution.command} terminal="exact" />
          </CodeBlock>
          <div className="flex flex-wrap items-center gap-3 text-[0.8125rem] text-muted-foreground">
            <OutcomeBadge words={words} />
            {execution.mode === 'plain' && (
              <Badge
                tone="warning"
                title="The node can't hold a guard: had the connection been lost, nobody could have told how it ended."
              >
                Without a guard
              </Badge>
            )}
            {execution.durationMs !== null && <span>took {formatDuration(execution.durationMs)}</span>}
            {execution.startedAt !== null && (
              <time dateTime={execution.startedAt}>began {formatExact(execution.startedAt)}</time>
            )}
          </div>
          {execution.earlier !== null && <FoundOutLater execution={execution} earlier={execution.earlier} />}
          {execution.redaction !== null && <MaskedSecrets redaction={execution.redaction} />}
          {words.long !== null && (
            <Notice tone={words.tone === 'unknown' ? 'unknown' : 'warning'} title={words.short}>
              {words.whatToDo !== null && words.whatToDo !== words.long && <p>{words.whatToDo}</p>}
              <InertText text={words.long} terminal="show" />
            </Notice>
          )}
        </>
      )}
      <Segmented
        label="Stream"
        className="self-start"
        value={shown}
        onChange={setStream}
        options={[
          { value: 'stdout', label: streamLabel('stdout', execution?.stdoutBytes) },
          { value: 'stderr', label: streamLabel('stderr', execution?.stderrBytes) },
        ]}
      />
      <OutputViewer
        key={shown}
        executionId={executionId}
        stream={shown}
        isRunning={execution !== undefined && execution.outcome === null}
        truncated={(shown === 'stdout' ? execution?.stdoutTruncated : execution?.stderrTruncated) ?? false}
        writtenBytes={(shown === 'stdout' ? execution?.stdoutBytes : execution?.stderrBytes) ?? null}
      />
    </div>
  );
}

/** An `unknown` that is no longer one: what was told then, and on whose word it stands now. */
function FoundOutLater({ execution, earlier }: { execution: Execution; earlier: NonNullable<Execution['earlier']> }) {
  const before = describeOutcome({ ...earlier, exitCode: null });
  return (
    <Notice tone="info" title="Found out later">
      <p>
        At first nobody knew ({formatExact(earlier.told.at)}):{' '}
        <InertText text={before.long ?? before.short} terminal="show" />
      </p>
      {execution.told !== null && (
        <p>
          What stands here now was told by {execution.told.by} ({formatExact(execution.told.at)}), audit event{' '}
          <code>{execution.told.auditEventId}</code>.
        </p>
      )}
    </Notice>
  );
}

function streamLabel(stream: string, bytes: number | undefined): string {
  return bytes === undefined ? stream : `${stream} · ${formatBytes(bytes)}`;
}
