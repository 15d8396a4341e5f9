// The `{id}` of every route below a run, and the 404 of all of them. Reads only.
import { SenaError } from '@sena/contracts/errors';
import { idSchema } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { z } from 'zod';

export const runParamsSchema = z.object({ id: idSchema('run') });

/** Throws `not_found` when this organization has no such run. */
export async function requireRun(transaction: TenantTransaction, runId: string): Promise<void> {
  const found = await transaction.query('select 1 from runs where id = $1', [runId]);
  if (found.rowCount === 0) throw new SenaError('not_found', 'There is no run with this id.');
}
