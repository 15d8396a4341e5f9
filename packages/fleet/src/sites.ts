// Sites: the customer's networks. A site has nodes, and satellites through which they are reached.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { SenaError } from '@sena/contracts/errors';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Site } from '@sena/contracts/http/fleet';
import { newId } from '@sena/contracts/ids';
import { isUniqueViolation, type TenantTransaction } from '@sena/db/tenant';

interface SiteRow {
  id: string;
  name: string;
  node_count: number;
  satellite_count: number;
  satellites_connected: number;
  created_at: Date;
}

const columns = `s.id, s.name, s.created_at,
  (select count(*)::integer from nodes n where n.site_id = s.id) as node_count,
  (select count(*)::integer from satellites t where t.site_id = s.id and t.revoked_at is null) as satellite_count,
  (select count(*)::integer from satellites t where t.site_id = s.id and t.revoked_at is null and t.relay_id is not null) as satellites_connected`;

/** By name. */
export async function listSites(
  transaction: TenantTransaction,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Site[]; nextCursor: string | null }> {
  const found = await transaction.query<SiteRow>(
    `select ${columns} from sites s where ($1::text is null or s.name > $1) order by s.name limit $2`,
    [decodeCursor(page.cursor, 1)?.[0] ?? null, page.limit + 1],
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(toSite),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.name]) : null,
  };
}

/** Throws `name_taken`. */
export async function createSite(transaction: TenantTransaction, name: string, actor: string): Promise<Site> {
  const id = newId('site');
  try {
    await transaction.query('insert into sites (id, organization_id, name) values ($1, $2, $3)', [
      id,
      transaction.organizationId,
      name,
    ]);
  } catch (error) {
    if (isUniqueViolation(error))
      throw new SenaError('name_taken', `There is already a site named ${name}.`, { cause: error });
    throw error;
  }
  await appendAuditEvent(transaction, { action: 'site.created', actor, subject: id, data: { name } });
  const found = await transaction.query<SiteRow>(`select ${columns} from sites s where s.id = $1`, [id]);
  return toSite(found.rows[0] as SiteRow);
}

function toSite(row: SiteRow): Site {
  return {
    id: row.id,
    name: row.name,
    nodeCount: row.node_count,
    satelliteCount: row.satellite_count,
    satellitesConnected: row.satellites_connected,
    createdAt: row.created_at.toISOString(),
  };
}
