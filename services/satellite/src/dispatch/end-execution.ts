// Entered wherever an execution comes to its end: into the journal first, then out to the relay. Rejects only when the journal
// does: then nothing may go on.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { ExecutionResult } from '@sena/contracts/frames';
import type { OutputTail } from '../journal/journal-operations.ts';
import { type Began, buildResult } from './build-result.ts';
import type { Execution } from './execution.ts';
import type { ExecutionRooms, NotStarted } from './execution-rooms.ts';
import { makeReportable } from './make-reportable.ts';

type Rooms = Pick<ExecutionRooms, 'journal' | 'outbox'>;

/** `tail`: output that the relay does not have yet. Null: the journal knows better, and nothing was told. */
export async function endExecution(
  execution: Execution,
  outcome: Outcome,
  began: Began,
  tail: OutputTail | null,
  rooms: Rooms,
): Promise<ExecutionResult | null> {
  const result = makeReportable(buildResult(execution.id, outcome, began), execution);
  if (!(await finish(execution, result, began.attempt, tail, rooms))) return null;
  logEnd(execution, result);
  rooms.outbox.result(result);
  return result;
}

/**
 * The log of this machine tells every change and everything that did not go well. Reading that went well, by far the most, is told once a
 * dispatch, when it is journaled; the journal has each end.
 */
function logEnd(execution: Execution, { outcome, attempt, durationMs }: ExecutionResult): void {
  const isUneventful = execution.mode === 'direct' && outcome.kind === 'exited' && outcome.exitCode === 0;
  if (isUneventful) return;
  const level = outcome.kind === 'unknown' ? 'warn' : 'info';
  execution.logger[level]({ outcome, attempt, durationMs }, 'execution ended');
}

/** For those that never got as far as the node. */
export async function endUnstarted(execution: Execution, outcome: NotStarted, rooms: Rooms): Promise<void> {
  const { wasSent, attempts, id } = execution;
  const honest: Outcome = wasSent
    ? {
        kind: 'unknown',
        reason: 'connection_lost',
        detail: `The first attempt was lost, another did not begin: ${outcome.detail}`.slice(0, 500),
      }
    : outcome;
  const result = makeReportable({ ...buildResult(id, honest, null), attempt: wasSent ? attempts : 0 }, execution);
  if (!(await finish(execution, result, attempts, null, rooms))) return;
  execution.logger.info({ outcome: honest }, 'execution did not begin');
  rooms.outbox.result(result);
}

/** False: the journal knows of another attempt, or an end, that this is not the end of. Then nothing is said. */
async function finish(
  execution: Execution,
  result: ExecutionResult,
  attempt: number,
  tail: OutputTail | null,
  { journal }: Rooms,
): Promise<boolean> {
  const isMine = await journal.perform({ op: 'finish', result, attempt, tail });
  if (!isMine)
    execution.logger.error({ attempt, outcome: result.outcome }, 'the journal holds another end, or a later attempt');
  return isMine;
}

export function notStarted(reason: NotStarted['reason'], detail: string): NotStarted {
  return { kind: 'not_started', reason, detail: detail.slice(0, 500) };
}
