// Entered by run-guarded when a node was asked again about a command that was told as unknown. On evidence the end is told under the next
// revision, into the journal first; without any, nothing is said again.
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

/** Of one whose `result` was told as unknown, or whose node was asked once more in vain. */
export function askLater(
  execution: Execution,
  begun: Begun,
  result: ExecutionResult,
  asks: number,
  rooms: Rooms,
): void {
  if (!isUndecided(result)) return;
  // What was told is acknowledged before it is asked about again, and with it all of the output that was kept.
  const acked = { stdout: result.stdoutKeptBytes, stderr: result.stderrKeptBytes };
  const again = { ...execution, begun: { ...begun, acked, told: { result, asks } }, stop: new AbortController() };
  rooms.askAgain.enter({ ...again, wasSent: true, attempts: begun.attempt }, asks > 0);
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
  if (outcome.kind === 'unknown') {
    rooms.outbox.forget(id);
    logger.info({ outcome, asks: told.asks + 1 }, 'a node was asked again what became of a command, in vain');
    askLater(execution, begun, { ...told.result, outcome }, told.asks + 1, rooms);
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
  logger.info({ outcome, revision: result.revision }, 'what became of a command is known after all');
  rooms.outbox.result(result, tail);
}
