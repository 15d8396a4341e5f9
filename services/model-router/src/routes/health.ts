// GET /healthz (alive) and GET /readyz (usage can be recorded). No model is needed to be ready: without one, callers are told so.
import { SenaError } from '@sena/contracts/errors';
import type { Pool } from '@sena/db/tenant';
import type { FastifyInstance } from 'fastify';

export function registerHealth(app: FastifyInstance, pool: Pool): void {
  app.get('/healthz', async () => ({ status: 'alive' }));
  app.get('/readyz', async () => {
    try {
      await pool.query('select 1');
    } catch (cause) {
      throw new SenaError('not_ready', 'The database does not answer. Check DATABASE_URL and that it runs.', { cause });
    }
    return { status: 'ready' };
  });
}
