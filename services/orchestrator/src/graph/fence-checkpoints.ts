// Checkpoints of a run, written only while its lease is held: a former holder that wakes up must not put an older thought on top.
// Entered by open-checkpointer, once for each lease. Stands between the saver and its connections.
import type { Pool } from '@sena/db/tenant';
import { assertLeaseOfCheckpoint, type RunLease } from '@sena/runs/run/claim-run';
import { gatherInserts } from './gather-inserts.ts';

/** What the saver is told of a row that waits: it does not look. */
const nothing = { rows: [], rowCount: null };

/**
 * The same connections, on which each transaction asks for the lease first and holds the run until its end. It throws `conflict` once the lease
 * is lost. Reads outside of a transaction pass. Rows that the saver inserts one by one are written together, before what follows them.
 */
export function fenceCheckpoints(pool: Pool, lease: RunLease): Pool {
  return {
    query: (text: string, values?: unknown[]) => pool.query(text, values),
    async connect() {
      const client = await pool.connect();
      let isFenced = false;
      const inserts = gatherInserts();
      return {
        async query(text: string, values?: unknown[]) {
          const isBegin = text === 'BEGIN';
          // The saver writes in other words than it did: better no checkpoint than one that nothing fences.
          if (!isBegin && !isFenced && text !== 'ROLLBACK')
            throw new Error(`A checkpoint is written outside of a transaction: ${text.slice(0, 80)}`);
          if (isFenced && inserts.take(text, values)) return nothing;
          if (text === 'ROLLBACK') inserts.forget();
          const waiting = inserts.leave();
          if (waiting !== null) await client.query(waiting.text, waiting.values);
          if (isFenced && inserts.take(text, values)) return nothing;
          const answer = await client.query(text, values);
          if (isBegin) {
            await assertLeaseOfCheckpoint(client, lease);
            isFenced = true;
          }
          if (text === 'COMMIT' || text === 'ROLLBACK') isFenced = false;
          return answer;
        },
        release: (error?: Error | boolean) => client.release(error),
      };
    },
  } as unknown as Pool;
}
