// Is there such a run, for whoever looks? Reads only.
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';
import { type RunBounds, runWithin } from './run-within.ts';

/** Throws `not_found` when this organization has no such run, and when it lies beyond the bounds. */
export async function requireRun(
  transaction: TenantTransaction,
  runId: string,
  bounds: RunBounds | null,
): Promise<void> {
  const values: unknown[] = [runId];
  const found = await transaction.query(
    `select 1 from runs r where r.id = $1 and ${runWithin(bounds, values)}`,
    values,
  );
  if (found.rowCount === 0) throw noSuch('run');
}
