// A row of `satellites`, and how it is shown. Entered by what lists or changes one.
import type { Satellite } from '@sena/contracts/http/fleet';
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';
import type { SatelliteLock } from './satellite-presence.ts';

export interface SatelliteRow {
  readonly id: string;
  readonly name: string;
  readonly site: { readonly id: string; readonly name: string };
  readonly relayId: string | null;
  readonly revokedAt: Date | null;
  readonly lockedAt: Date | null;
  /** As the relay has written it. */
  readonly lock: unknown;
  readonly dispatchKeyId: string | null;
  readonly fingerprint: string;
  readonly version: string | null;
  readonly lastSeenAt: Date | null;
  readonly createdAt: Date;
}

/** Locked until the transaction ends. Throws `not_found`. */
export async function lockSatelliteRow(transaction: TenantTransaction, satelliteId: string): Promise<SatelliteRow> {
  const found = await transaction.query<SatelliteRow>(
    `select s.id, s.name, json_build_object('id', t.id, 'name', t.name) as site, s.relay_id as "relayId",
       s.revoked_at as "revokedAt", s.locked_at as "lockedAt", s.lock, s.dispatch_key_id as "dispatchKeyId", s.fingerprint, s.version,
       s.last_seen_at as "lastSeenAt", s.created_at as "createdAt"
     from satellites s join sites t on t.id = s.site_id where s.id = $1 for update of s`,
    [satelliteId],
  );
  const satellite = found.rows[0];
  if (satellite === undefined) throw noSuch('satellite');
  return satellite;
}

export function toSatellite(row: SatelliteRow): Satellite {
  const { id, name, site, fingerprint, version, dispatchKeyId } = row;
  return {
    id,
    name,
    site,
    status: statusOf(row),
    fingerprint,
    version,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    dispatchKeyId,
    lock: lockOf(row),
    createdAt: row.createdAt.toISOString(),
  };
}

function statusOf({ revokedAt, lockedAt, relayId }: SatelliteRow): Satellite['status'] {
  if (revokedAt !== null) return 'revoked';
  if (lockedAt !== null) return 'locked';
  return relayId !== null ? 'connected' : 'disconnected';
}

function lockOf({ revokedAt, lockedAt, lock }: SatelliteRow): Satellite['lock'] {
  if (revokedAt !== null || lockedAt === null) return null;
  const { shownCounter, keptCounter, address, formerAddress } = lock as SatelliteLock;
  return { at: lockedAt.toISOString(), shownCounter, keptCounter, address, formerAddress };
}
