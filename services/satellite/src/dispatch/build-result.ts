// Entered wherever an execution ends: the one shape in which an end is journaled and reported. Pure.
import type { ExecutionMode, Outcome } from '@sena/contracts/domain/outcome';
import type { StreamRedaction } from '@sena/contracts/domain/redaction';
import type { ExecutionResult } from '@sena/contracts/frames';
import { groupHashOf, type OutputMeter } from '../output/measure-output.ts';

export type Began = {
  mode: ExecutionMode;
  attempt: number;
  startedAtMs: number;
  durationMs: number;
  meter: OutputMeter;
};

/** `began`: null when nothing was ever sent to the node. */
export function buildResult(executionId: string, outcome: Outcome, began: Began | null): ExecutionResult {
  if (began === null) return withoutOutput(executionId, outcome, 0, null, 0, 0);
  return {
    executionId,
    revision: 1,
    attempt: began.attempt,
    outcome,
    startedAt: new Date(began.startedAtMs).toISOString(),
    // A clock that was set back since another process began it: a negative time is no time, and no relay takes such a result.
    durationMs: Math.max(0, Math.round(began.durationMs)),
    ...began.meter.finish(outcome),
    mode: began.mode,
  };
}

/** A former process began it and is gone; all that is certain of its output is what the relay has. */
export function buildResultAfterRestart(
  executionId: string,
  outcome: Outcome,
  {
    attempt,
    startedAtMs,
    stdoutAcked,
    stderrAcked,
  }: Record<'attempt' | 'stdoutAcked' | 'stderrAcked', number> & {
    startedAtMs: number | null;
  },
): ExecutionResult {
  return withoutOutput(executionId, outcome, attempt, startedAtMs, stdoutAcked, stderrAcked);
}

/** What the cloud has of its output is certain, also where the node has lost it. */
export function atLeast(result: ExecutionResult, acked: { stdout: number; stderr: number }): ExecutionResult {
  const { stdoutKeptBytes, stderrKeptBytes, redaction } = result;
  return {
    ...result,
    ...(redaction !== undefined && {
      redaction: {
        stdout: withoutRaw(redaction.stdout, stdoutKeptBytes < acked.stdout),
        stderr: withoutRaw(redaction.stderr, stderrKeptBytes < acked.stderr),
      },
    }),
    ...(stdoutKeptBytes < acked.stdout && {
      stdoutBytes: acked.stdout,
      stdoutKeptBytes: acked.stdout,
      stdoutSha256: null,
    }),
    ...(stderrKeptBytes < acked.stderr && {
      stderrBytes: acked.stderr,
      stderrKeptBytes: acked.stderr,
      stderrSha256: null,
    }),
  };
}

/** What the cloud has more of did not pass here. */
function withoutRaw(stream: StreamRedaction | null, hasMore: boolean): StreamRedaction | null {
  return stream === null || !hasMore ? stream : { ...stream, rawSha256: null };
}

function withoutOutput(
  executionId: string,
  outcome: Outcome,
  attempt: number,
  startedAtMs: number | null,
  stdoutBytes: number,
  stderrBytes: number,
): ExecutionResult {
  return {
    executionId,
    revision: 1,
    attempt,
    outcome,
    startedAt: startedAtMs === null ? null : new Date(startedAtMs).toISOString(),
    durationMs: null,
    stdoutBytes,
    stderrBytes,
    stdoutKeptBytes: stdoutBytes,
    stderrKeptBytes: stderrBytes,
    stdoutSha256: null,
    stderrSha256: null,
    groupHash: groupHashOf(outcome),
  };
}
