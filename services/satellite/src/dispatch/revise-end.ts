// Entered by run-guarded when a node was asked again about a command that was told as unknown. On evidence the end is told under the next
// revision, into the journal first, and so is an unknown that knows more of why; without any, nothing is said again.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { ExecutionResult } from '@sena/contracts/frames';
import type { OutputTail } from '../journal/journal-operations.ts';
import type { OutputMeter } from '../output/measure-output.ts';
import { isUndecided } from './ask-again.ts';
import { atLeast, buildResult } from './build-result.ts';
import type { Begun, Execution } from './execution.ts';
import type { ExecutionRooms } from './execution-rooms.ts';
import { makeReportable } from './make-reportable.ts';

type Rooms = Pick<ExecutionRooms, 'journal' | 'outbox' | 'askAgain'>;
type Told = NonNullable<Begun['told']>;

/** Of one whose `result` was told as unknown. `isAcked`: the relay has that already, and its node was asked once more in vain. */
export function askLater(
  execution: Execution,
  begun: Begun,
  result: ExecutionResult,
  { asks, isAcked }: { asks: number; isAcked: boolean },
  rooms: Rooms,
): void {
  if (!isUndecided(result)) return;
  // What was told is acknowledged before it is asked about again, and with it all of the output that was kept.
  const acked = { stdout: result.stdoutKeptBytes, stderr: result.stderrKeptBytes };
  const again = { ...execution, begun: { ...begun, acked, told: { result, asks } }, stop: new AbortController() };
  rooms.askAgain.enter({ ...again, wasSent: true, attempts: begun.attempt }, isAcked);
}

/** Rejects only when the journal does: then nothing may go on. */
export async function reviseEnd(
  execution: Execution,
  begun: Begun & { told: Told },
  outcome: Outcome,
  meter: OutputMeter,
  tail: OutputTail | null,
  rooms: Rooms,
): Promise<void> {
  const { id, logger } = execution;
  const { attempt, startedAtMs, acked, told } = begun;
  const asks = told.asks + 1;
  if (outcome.kind === 'unknown' && !knowsMore(outcome, told.result.outcome)) {
    rooms.outbox.forget(id);
    logger.info({ outcome, asks }, 'a node was asked again what became of a command, in vain');
    // What was told stands, also as what the next answer is held against.
    askLater(execution, begun, told.result, { asks, isAcked: true }, rooms);
    return;
  }
  const built =
    outcome.kind === 'not_started'
      ? buildResult(id, outcome, null)
      : // How long it took nobody has seen.
        atLeast(
          {
            ...buildResult(id, outcome, { mode: 'guarded', attempt, startedAtMs, durationMs: 0, meter }),
            durationMs: null,
          },
          acked,
        );
  const result = makeReportable({ ...built, revision: told.result.revision + 1 }, { logger });
  if (!(await rooms.journal.perform({ op: 'revise', result, tail }))) {
    logger.error({ outcome }, 'the journal holds no unknown end that this could replace');
    rooms.outbox.forget(id);
    return;
  }
  const said =
    result.outcome.kind === 'unknown' ? 'more is known of a command' : 'what became of a command is known after all';
  logger.info({ outcome: result.outcome, revision: result.revision }, said);
  rooms.outbox.result(result, tail);
  // It may still be one that its node can answer for later; the relay has to have this one first.
  if (result.outcome.kind === 'unknown') askLater(execution, begun, result, { asks, isAcked: false }, rooms);
}

type Unknown = Extract<Outcome, { kind: 'unknown' }>;

/** A node that was not reached says nothing; one that could not stop the command may say later how it ended; all else is its last word. */
function knowsMore({ reason }: Unknown, told: Outcome): boolean {
  if (told.kind !== 'unknown' || reason === told.reason) return false;
  return told.reason === 'node_not_reached' || reason !== 'node_not_reached';
}
