// Which relay holds a satellite, fenced by a connection epoch: whoever connected last holds it. Entered by the relay.
// Changes presence columns of satellites only.
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';

export interface SatelliteIdentity {
  readonly organizationId: string;
  readonly satelliteId: string;
  readonly siteId: string;
  readonly revoked: boolean;
}

/** By the fingerprints of the keys that signed the hellos, in their order; null: never enrolled. */
export async function findSatellitesByFingerprint(
  pool: Pool,
  fingerprints: readonly string[],
): Promise<Array<SatelliteIdentity | null>> {
  const found = await pool.query<{
    fingerprint: string;
    organization_id: string;
    satellite_id: string;
    site_id: string;
    revoked: boolean;
  }>(
    `select f.fingerprint, s.organization_id, s.satellite_id, s.site_id, s.revoked
     from unnest($1::text[]) as f (fingerprint) cross join lateral satellite_by_fingerprint(f.fingerprint) s`,
    [fingerprints],
  );
  const byFingerprint = new Map(
    found.rows.map((row) => [
      row.fingerprint,
      {
        organizationId: row.organization_id,
        satelliteId: row.satellite_id,
        siteId: row.site_id,
        revoked: row.revoked,
      },
    ]),
  );
  return fingerprints.map((fingerprint) => byFingerprint.get(fingerprint) ?? null);
}

export interface ConnectedSatellite {
  readonly connectionEpoch: number;
  /** It came back with another journal, so what it says it has not seen may have run. */
  readonly journalLost: boolean;
}

/** Takes satellites, each named once, for this relay under their next connection epochs. Who is not in the answer was revoked meanwhile. */
export async function connectSatellites(
  transaction: TenantTransaction,
  relayId: string,
  arrivals: ReadonlyArray<{ satelliteId: string; version: string; journalId: string; passkeysToChange?: number }>,
): Promise<Map<string, ConnectedSatellite>> {
  const connected = await transaction.query<{ id: string; connection_epoch: string; journal_lost: boolean }>(
    // Rows are locked in the order of their ids.
    `with had as (
       select s.id, s.journal_id, h.version, h.journal_id as journal_now, h.passkeys
       from satellites s join unnest($2::text[], $3::text[], $4::text[], $5::integer[]) as h (id, version, journal_id, passkeys) on h.id = s.id
       where s.revoked_at is null order by s.id for no key update of s
     )
     update satellites s set connection_epoch = s.connection_epoch + 1, relay_id = $1, version = had.version, journal_id = had.journal_now,
       passkeys_to_change = had.passkeys, connected_at = now(), last_seen_at = now()
     from had where s.id = had.id
     returning s.id, s.connection_epoch, had.journal_id is not null and had.journal_id <> had.journal_now as journal_lost`,
    [
      relayId,
      arrivals.map((arrival) => arrival.satelliteId),
      arrivals.map((arrival) => arrival.version),
      arrivals.map((arrival) => arrival.journalId),
      arrivals.map((arrival) => arrival.passkeysToChange ?? 0),
    ],
  );
  return new Map(
    connected.rows.map((row) => [
      row.id,
      { connectionEpoch: Number(row.connection_epoch), journalLost: row.journal_lost },
    ]),
  );
}

/**
 * Ids of those this relay still holds and may keep; the others were revoked or have connected elsewhere: close them. One that was
 * taken for gone while its relay was silent is this relay's again.
 */
export async function reportPresence(
  pool: Pool,
  relayId: string,
  organizationId: string,
  held: ReadonlyArray<{ satelliteId: string; connectionEpoch: number }>,
): Promise<Set<string>> {
  const kept = await inOrganization(pool, organizationId, (transaction) =>
    transaction.query<{ id: string }>(
      // Rows are locked in the order of their ids, as a claim locks them.
      `with mine as (
         select s.id from satellites s join unnest($1::text[], $2::bigint[]) as h (id, epoch) on h.id = s.id
         where s.connection_epoch = h.epoch and s.revoked_at is null order by s.id for no key update of s
       )
       update satellites s set last_seen_at = now(), relay_id = $3, connected_at = coalesce(s.connected_at, now())
       from mine where s.id = mine.id returning s.id`,
      [held.map((satellite) => satellite.satelliteId), held.map((satellite) => satellite.connectionEpoch), relayId],
    ),
  );
  return new Set(kept.rows.map((row) => row.id));
}

/** Only the connection that holds one can let go of it. */
export async function disconnectSatellites(
  pool: Pool,
  organizationId: string,
  gone: ReadonlyArray<{ satelliteId: string; connectionEpoch: number }>,
): Promise<void> {
  await inOrganization(pool, organizationId, (transaction) =>
    transaction.query(
      // Rows are locked in the order of their ids, as a claim locks them. What has changed until then is compared again.
      `with gone as (
         select s.id from satellites s join unnest($1::text[], $2::bigint[]) as h (id, epoch) on h.id = s.id
         where s.connection_epoch = h.epoch order by s.id for no key update of s
       )
       update satellites s set relay_id = null, connected_at = null, last_seen_at = now() from gone where s.id = gone.id`,
      [gone.map((satellite) => satellite.satelliteId), gone.map((satellite) => satellite.connectionEpoch)],
    ),
  );
}

/**
 * Of these connections those that still hold their satellites; another one has followed the rest. Until the transaction ends no satellite
 * can connect anew. The first thing of its transaction: rows are locked in the order of their ids, before any run.
 */
export async function lockConnections<C extends { satelliteId: string; connectionEpoch: number }>(
  transaction: TenantTransaction,
  connections: readonly C[],
): Promise<(connection: C) => boolean> {
  if (connections.length === 0) return () => false;
  const locked = await transaction.query<{ id: string; epoch: string }>(
    'select id, connection_epoch as epoch from satellites where id = any($1) order by id for share',
    [[...new Set(connections.map(({ satelliteId }) => satelliteId))]],
  );
  const epochOf = new Map(locked.rows.map((row) => [row.id, Number(row.epoch)]));
  return ({ satelliteId, connectionEpoch }) => epochOf.get(satelliteId) === connectionEpoch;
}

/** Held by a relay that has stopped reporting them, over all organizations. */
export async function listSilentSatellites(
  pool: Pool,
  silentMs: number,
): Promise<Array<{ organizationId: string; satelliteId: string }>> {
  const found = await pool.query<{ organization_id: string; satellite_id: string }>(
    'select organization_id, satellite_id from satellites_gone_silent($1)',
    [silentMs],
  );
  return found.rows.map((row) => ({ organizationId: row.organization_id, satelliteId: row.satellite_id }));
}

/**
 * Not for a relay: its own word is `disconnectSatellites`. When it was last seen stays as it was. False: it was reported or has
 * connected meanwhile.
 */
export async function letGoOfSilentSatellite(
  transaction: TenantTransaction,
  satelliteId: string,
  silentMs: number,
): Promise<boolean> {
  const gone = await transaction.query(
    `update satellites set relay_id = null, connected_at = null
     where id = $1 and relay_id is not null and last_seen_at < now() - $2 * interval '1 millisecond'`,
    [satelliteId, silentMs],
  );
  return gone.rowCount === 1;
}
