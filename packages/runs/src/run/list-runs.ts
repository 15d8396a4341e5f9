// The runs of an organization, newest first. Reads only.
import type { RunStatus } from '@sena/contracts/domain/run';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { RunSummary } from '@sena/contracts/http/runs';
import type { TenantTransaction } from '@sena/db/tenant';
import { type RunRow, runColumns, summarizeRun } from './read-run.ts';
import { type RunBounds, runWithin } from './run-within.ts';

export async function listRuns(
  transaction: TenantTransaction,
  page: { limit: number; cursor?: string | undefined; status?: RunStatus | undefined },
  bounds: RunBounds | null = null,
): Promise<{ items: Array<RunSummary>; nextCursor: string | null }> {
  // Run ids sort by creation.
  const before = decodeCursor(page.cursor, 1)?.[0];
  const values: unknown[] = [before ?? null, page.status ?? null, page.limit + 1];
  const within = runWithin(bounds, values);
  const found = await transaction.query<RunRow>(
    `select ${runColumns} from runs r
     where ($1::text is null or r.id < $1) and ($2::text is null or r.status = $2) and ${within}
     order by r.id desc limit $3`,
    values,
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(summarizeRun),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.id]) : null,
  };
}
