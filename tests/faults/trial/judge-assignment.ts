// The oracle for two satellites at one site: work that moved before it was sent is never begun by the one it was taken from. Entered when a
// run has ended. Reads both journals, past SENA.
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
    readJournaled(satellite.journalFile)
      .filter((dispatchId) => takenAway.has(dispatchId))
      .map((dispatchId) => `${satellite.name} was sent ${dispatchId}, which had been taken from it`),
  );
}

function readJournaled(file: string): string[] {
  const journal = new DatabaseSync(file, { readOnly: true });
  try {
    return journal
      .prepare('select dispatch_id from dispatches')
      .all()
      .map((row) => String(row.dispatch_id));
  } finally {
    journal.close();
  }
}
