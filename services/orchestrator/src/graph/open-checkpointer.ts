// LangGraph's checkpoints, in the schema `checkpoint` that the role of the pool owns. Entered once, at start.
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import type { Pool } from '@sena/db/tenant';

const schema = 'checkpoint';

/** Applies LangGraph's own migrations, one orchestrator at a time. */
export async function openCheckpointer(pool: Pool): Promise<PostgresSaver> {
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
  return new PostgresSaver(pool, undefined, { schema });
}
