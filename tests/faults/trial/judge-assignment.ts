// The oracle for two satellites at one site: work that moved before it was sent is never taken up under the assignment that it was taken away
// with, also where somebody has delivered that. Entered when a run has ended. Reads both journals, past SENA.
import { DatabaseSync } from 'node:sqlite';
import type { Lane } from '../world/start-lane.ts';
import type { World } from '../world/start-world.ts';

/** Returns what is wrong, a sentence each. */
export async function judgeAssignment(runId: string, lane: Lane, world: World): Promise<string[]> {
  if (lane.partner === null) return [];
  const moved = await world.query<{ subject: string }>(
    `select subject from audit_events where run_id = $1 and action = 'dispatch.reassigned'`,
    [runId],
  );
  const takenAway = new Set(moved.map(({ subject }) => subject));
  if (takenAway.size === 0) return [];
  return [lane, lane.partner].flatMap(({ satellite }) =>
    readTakenUp(satellite.journalFile)
      .filter((dispatchId) => takenAway.has(dispatchId))
      .map((dispatchId) => `${satellite.name} has taken up ${dispatchId}, which had been taken from it`),
  );
}

/** Dispatches under which an execution is carried out. */
function readTakenUp(file: string): string[] {
  const journal = new DatabaseSync(file, { readOnly: true });
  try {
    return journal
      .prepare('select distinct dispatch_id from executions')
      .all()
      .map((row) => String(row.dispatch_id));
  } finally {
    journal.close();
  }
}
