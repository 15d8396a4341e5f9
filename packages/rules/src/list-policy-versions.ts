// Every text that a policy ever had, who wrote it and when, newest first. Deleted ones are kept. Reads only.
import { SenaError } from '@sena/contracts/errors';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { PolicyVersion } from '@sena/contracts/http/policy';
import type { TenantTransaction } from '@sena/db/tenant';

/** Throws `not_found` for a name that no policy ever had. */
export async function listPolicyVersions(
  transaction: TenantTransaction,
  name: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: PolicyVersion[]; nextCursor: string | null }> {
  const isVersion = ([version]: string[]) => /^\d{1,9}$/.test(version ?? '');
  const [before] = decodeCursor(page.cursor, 1, isVersion) ?? [];
  const found = await transaction.query<{
    version: number;
    text: string | null;
    changed_by: string;
    changed_by_name: string;
    changed_at: Date;
  }>(
    `select version, text, changed_by, changed_by_name, changed_at from policy_versions
     where name = $1 and ($2::integer is null or version < $2) order by version desc limit $3`,
    [name, before === undefined ? null : Number(before), page.limit + 1],
  );
  if (found.rows.length === 0 && before === undefined) throw new SenaError('not_found', `There is no policy ${name}.`);
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map((row) => ({
      version: row.version,
      text: row.text,
      changedBy: { id: row.changed_by.replace(/^member:/, ''), name: row.changed_by_name },
      changedAt: row.changed_at.toISOString(),
    })),
    nextCursor: found.rows.length > page.limit && last !== undefined ? encodeCursor([String(last.version)]) : null,
  };
}
