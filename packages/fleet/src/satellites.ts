// Satellites as people see them, and their end. Presence is written by satellite-presence, enrolment by enrol-satellite.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { SenaError } from '@sena/contracts/errors';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Satellite } from '@sena/contracts/http/fleet';
import type { TenantTransaction } from '@sena/db/tenant';

interface SatelliteRow {
  id: string;
  name: string;
  site_id: string;
  site_name: string;
  fingerprint: string;
  version: string | null;
  relay_id: string | null;
  last_seen_at: Date | null;
  revoked_at: Date | null;
  created_at: Date;
}

const select = `select t.id, t.name, t.site_id, s.name as site_name, t.fingerprint, t.version, t.relay_id, t.last_seen_at, t.revoked_at, t.created_at
  from satellites t join sites s on s.id = t.site_id`;

/** By name. */
export async function listSatellites(
  transaction: TenantTransaction,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Satellite[]; nextCursor: string | null }> {
  const found = await transaction.query<SatelliteRow>(
    `${select} where ($1::text is null or t.name > $1) order by t.name limit $2`,
    [decodeCursor(page.cursor, 1)?.[0] ?? null, page.limit + 1],
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(toSatellite),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.name]) : null,
  };
}

/** For good: its key is refused from now on. The caller rings `satelliteRevoked` after the commit. Throws `not_found`. */
export async function revokeSatellite(
  transaction: TenantTransaction,
  satelliteId: string,
  actor: string,
): Promise<Satellite> {
  const revoked = await transaction.query<{ first: boolean }>(
    `update satellites t set revoked_at = coalesce(t.revoked_at, now()), relay_id = null, connected_at = null
     from (select id, revoked_at from satellites where id = $1 for update) had where t.id = had.id
     returning had.revoked_at is null as first`,
    [satelliteId],
  );
  const row = revoked.rows[0];
  if (row === undefined) throw new SenaError('not_found', 'There is no satellite with this id.');
  if (row.first) await appendAuditEvent(transaction, { action: 'satellite.revoked', actor, subject: satelliteId });
  const found = await transaction.query<SatelliteRow>(`${select} where t.id = $1`, [satelliteId]);
  return toSatellite(found.rows[0] as SatelliteRow);
}

function toSatellite(row: SatelliteRow): Satellite {
  const present = row.relay_id === null ? 'disconnected' : 'connected';
  return {
    id: row.id,
    name: row.name,
    site: { id: row.site_id, name: row.site_name },
    status: row.revoked_at === null ? present : 'revoked',
    fingerprint: row.fingerprint,
    version: row.version,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}
