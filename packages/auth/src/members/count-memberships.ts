// To how many organizations a person belongs. Reads only.
import type pg from 'pg';

export async function countMemberships(pool: pg.Pool, userId: string): Promise<number> {
  const found = await pool.query<{ count: number }>(
    'select count(*)::integer as count from "member" where "userId" = $1',
    [userId],
  );
  return found.rows[0]?.count ?? 0;
}
