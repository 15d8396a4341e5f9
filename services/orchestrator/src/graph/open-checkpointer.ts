// LangGraph's checkpoints, in the schema `checkpoint` that the role of the pool owns. Entered once, at start.
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import type { Pool } from '@sena/db/tenant';
import type { RunLease } from '@sena/runs/run/claim-run';
import { fenceCheckpoints } from './fence-checkpoints.ts';

const schema = 'checkpoint';

/** The checkpoints of a run, as the holder of its lease may write them. */
export type Checkpointer = (lease: RunLease) => PostgresSaver;

/** Applies LangGraph's own migrations, one orchestrator at a time. */
export async function openCheckpointer(pool: Pool): Promise<Checkpointer> {
  const client = await pool.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtext('sena.checkpoint-setup'))`);
    // The schema exists, and its owner may not create others: PostgreSQL refuses even "if not exists".
    const query = (text: string, values?: unknown[]) =>
      text.startsWith('CREATE SCHEMA IF NOT EXISTS') ? Promise.resolve({ rows: [] }) : client.query(text, values);
    const setupPool = { connect: async () => ({ query, release: () => undefined }) };
    await new PostgresSaver(setupPool as unknown as Pool, undefined, { schema }).setup();
    await client.query(`select pg_advisory_unlock(hashtext('sena.checkpoint-setup'))`);
    client.release();
  } catch (error) {
    // Closing the session gives the lock back.
    client.release(true);
    throw error;
  }
  return (lease) => new PostgresSaver(fenceCheckpoints(pool, lease), undefined, { schema });
}
