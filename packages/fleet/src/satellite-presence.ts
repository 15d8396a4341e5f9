// Which relay holds a satellite, fenced by a connection epoch: whoever connected last holds it. Entered by the relay.
// Changes presence columns of satellites only.
import type { Session } from '@sena/contracts/frames';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';

export interface SatelliteIdentity {
  readonly organizationId: string;
  readonly satelliteId: string;
  readonly siteId: string;
  readonly revoked: boolean;
  readonly locked: boolean;
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
    locked: boolean;
  }>(
    `select f.fingerprint, s.organization_id, s.satellite_id, s.site_id, s.revoked, s.locked
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
        locked: row.locked,
      },
    ]),
  );
  return fingerprints.map((fingerprint) => byFingerprint.get(fingerprint) ?? null);
}

/** So many connections a satellite may have seen since the backup from which a database was restored. */
const aheadMax = 1_000_000;

export interface Arrival {
  readonly satelliteId: string;
  readonly version: string;
  readonly journalId: string;
  readonly passkeysToChange?: number;
  /** From where, for people. */
  readonly address?: string;
  /** The newest dispatch key that it believes; null: it does not say. */
  readonly newestKeyId?: string | null;
  /**
   * Which connection its state directory has had last, by its own word. Missing: its protocol knows of none. `offer`: a random token for
   * this one. `isCertain`: it was asked again on this very connection, after what it had shown was seen to be old.
   */
  readonly session?: { readonly shown: Session | null; readonly offer: string; readonly isCertain: boolean };
}

export type SatelliteArrival =
  | {
      readonly kind: 'connected';
      readonly connectionEpoch: number;
      /** It came back with another journal, so what it says it has not seen may have run. */
      readonly journalLost: boolean;
      /** For the welcome; null: its protocol knows of none. */
      readonly session: Session | null;
      /** It has seen more connections than the database: that was set back. */
      readonly isAhead: boolean;
      /** Of the last statement about the organization's dispatch keys; 1: there is none. */
      readonly keySequence: number;
      /** Its site says how many commands may run there at once. */
      readonly isSiteLimited: boolean;
    }
  /** It shows an older session than the last one that was kept: two copies of its state directory exist, unless this hello is an old one. */
  | { readonly kind: 'stale' }
  /** The same, for certain: it is locked from now on. `lock`: what a person has to know. */
  | { readonly kind: 'locked'; readonly lock: SatelliteLock }
  /** It had sessions before, and its protocol has none. */
  | { readonly kind: 'session_missing' };

export interface SatelliteLock {
  readonly shownCounter: number | null;
  readonly keptCounter: number;
  /** Of the copy that came with the old session, and of the one that was there last. */
  readonly address: string | null;
  readonly formerAddress: string | null;
}

/**
 * Takes satellites, each named once, for this relay under their next connection epochs, and gives each the session of this connection. Who
 * is not in the answer was revoked or locked meanwhile.
 */
export async function connectSatellites(
  transaction: TenantTransaction,
  relayId: string,
  arrivals: readonly Arrival[],
): Promise<Map<string, SatelliteArrival>> {
  const connected = await transaction.query<{
    id: string;
    verdict: 'fresh' | 'ahead' | 'next' | 'same' | 'none' | 'missing' | 'stale';
    is_certain: boolean;
    connection_epoch: string;
    journal_lost: boolean;
    session_counter: string;
    pending_token: string | null;
    lock: SatelliteLock | null;
    key_sequence: string | null;
    is_site_limited: boolean;
  }>(
    // Rows are locked in the order of their ids. `same` and `next`: what it shows is the last session that it has said it kept, or the one
    // after it, which it was given and did not yet say it kept; it is given the same one again until it does, so that an answer which came
    // late, or never, locks nobody.
    `with had as (
       select s.id, s.journal_id, h.version, h.journal_id as journal_now, h.passkeys, h.address, h.key_id, h.counter, h.token, h.offer, h.is_certain,
         s.remote_address as former_address, s.session_counter as kept,
         case
           when h.offer is null then case when s.session_token is null then 'none' else 'missing' end
           when s.session_token is null then 'fresh'
           when h.counter = s.session_counter and h.token = s.session_token then 'same'
           when h.counter = s.session_counter + 1 and h.token = s.pending_token then 'next'
           when h.counter between s.session_counter + 1 and s.session_counter + $12 and (h.counter > s.session_counter + 1 or s.pending_token is null)
             then 'ahead'
           else 'stale'
         end as verdict
       from satellites s
         join unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::boolean[])
           as h (id, version, journal_id, passkeys, address, key_id, counter, token, offer, is_certain) on h.id = s.id
       where s.revoked_at is null and s.locked_at is null order by s.id for no key update of s
     )
     update satellites s set
       connection_epoch = s.connection_epoch + case when had.verdict = 'missing' or (had.verdict = 'stale' and not had.is_certain) then 0 else 1 end,
       relay_id = case when had.verdict = 'missing' or (had.verdict = 'stale' and not had.is_certain) then s.relay_id
         when had.verdict = 'stale' then null else $1 end,
       connected_at = case when had.verdict = 'missing' or (had.verdict = 'stale' and not had.is_certain) then s.connected_at
         when had.verdict = 'stale' then null else now() end,
       version = case when had.verdict in ('missing', 'stale') then s.version else had.version end,
       journal_id = case when had.verdict in ('missing', 'stale') then s.journal_id else had.journal_now end,
       passkeys_to_change = case when had.verdict in ('missing', 'stale') then s.passkeys_to_change else had.passkeys end,
       remote_address = case when had.verdict in ('missing', 'stale') then s.remote_address else had.address end,
       dispatch_key_id = case when had.verdict in ('missing', 'stale') then s.dispatch_key_id else coalesce(had.key_id, s.dispatch_key_id) end,
       last_seen_at = case when had.verdict in ('missing', 'stale') then s.last_seen_at else now() end,
       session_counter = case had.verdict when 'next' then s.session_counter + 1 when 'ahead' then had.counter else s.session_counter end,
       session_token = case had.verdict when 'next' then s.pending_token when 'ahead' then had.token else s.session_token end,
       pending_token = case when had.verdict in ('same', 'fresh') then coalesce(s.pending_token, had.offer)
         when had.verdict in ('next', 'ahead') then had.offer else s.pending_token end,
       locked_at = case when had.verdict = 'stale' and had.is_certain then now() end,
       lock = case when had.verdict = 'stale' and had.is_certain then jsonb_build_object(
         'shownCounter', had.counter, 'keptCounter', had.kept, 'address', had.address, 'formerAddress', had.former_address) end
     from had where s.id = had.id
     returning s.id, had.verdict, had.is_certain, s.connection_epoch, s.session_counter, s.pending_token, s.lock,
       had.journal_id is not null and had.journal_id <> had.journal_now as journal_lost,
       (select max(sequence) from dispatch_key_statements) as key_sequence,
       exists (select from sites where sites.id = s.site_id and sites.running_max is not null) as is_site_limited`,
    [
      relayId,
      arrivals.map((arrival) => arrival.satelliteId),
      arrivals.map((arrival) => arrival.version),
      arrivals.map((arrival) => arrival.journalId),
      arrivals.map((arrival) => arrival.passkeysToChange ?? 0),
      arrivals.map((arrival) => arrival.address ?? null),
      arrivals.map((arrival) => arrival.newestKeyId ?? null),
      arrivals.map((arrival) => arrival.session?.shown?.counter ?? null),
      arrivals.map((arrival) => arrival.session?.shown?.token ?? null),
      arrivals.map((arrival) => arrival.session?.offer ?? null),
      arrivals.map((arrival) => arrival.session?.isCertain ?? false),
      aheadMax,
    ],
  );
  return new Map(
    connected.rows.map((row): [string, SatelliteArrival] => {
      if (row.verdict === 'missing') return [row.id, { kind: 'session_missing' }];
      if (row.verdict === 'stale')
        return [row.id, row.lock === null ? { kind: 'stale' } : { kind: 'locked', lock: row.lock }];
      const { connection_epoch: epoch, session_counter: counter, pending_token: token } = row;
      return [
        row.id,
        {
          kind: 'connected',
          connectionEpoch: Number(epoch),
          journalLost: row.journal_lost,
          session: row.verdict === 'none' || token === null ? null : { counter: Number(counter) + 1, token },
          isAhead: row.verdict === 'ahead',
          keySequence: Number(row.key_sequence ?? 1),
          isSiteLimited: row.is_site_limited,
        },
      ];
    }),
  );
}

/** Their state directories hold the sessions that they were given: an older one is a copy's from now on. */
export async function keepSessions(
  pool: Pool,
  organizationId: string,
  kept: ReadonlyArray<{ satelliteId: string; counter: number }>,
): Promise<void> {
  await inOrganization(pool, organizationId, (transaction) =>
    transaction.query(
      `with kept as (
         select s.id from satellites s join unnest($1::text[], $2::bigint[]) as h (id, counter) on h.id = s.id
         where s.session_counter + 1 = h.counter and s.pending_token is not null and s.locked_at is null order by s.id for no key update of s
       )
       update satellites s set session_counter = s.session_counter + 1, session_token = s.pending_token, pending_token = null
       from kept where s.id = kept.id`,
      [kept.map((satellite) => satellite.satelliteId), kept.map((satellite) => satellite.counter)],
    ),
  );
}

/**
 * Ids of those this relay still holds and may keep; the others were revoked, were locked or have connected elsewhere: close them. One that was
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
         where s.connection_epoch = h.epoch and s.revoked_at is null and s.locked_at is null order by s.id for no key update of s
       )
       update satellites s set last_seen_at = now(), relay_id = $3, connected_at = coalesce(s.connected_at, now())
       from mine where s.id = mine.id returning s.id`,
      [held.map((satellite) => satellite.satelliteId), held.map((satellite) => satellite.connectionEpoch), relayId],
    ),
  );
  return new Set(kept.rows.map((row) => row.id));
}

/** Ids of those that were revoked, or locked and not unlocked, not longer ago than this; over all organizations, whoever holds them. */
export async function listLatelyClosedSatellites(pool: Pool, agoMs: number): Promise<string[]> {
  const found = await pool.query<{ satellite_id: string }>('select satellite_id from satellites_lately_closed($1)', [
    agoMs,
  ]);
  return found.rows.map((row) => row.satellite_id);
}

/** Only the connection that holds one can let go of it. `leftNothingRunning`: then its share of its site's limit is free. */
export async function disconnectSatellites(
  pool: Pool,
  organizationId: string,
  gone: ReadonlyArray<{ satelliteId: string; connectionEpoch: number; leftNothingRunning: boolean }>,
): Promise<void> {
  await inOrganization(pool, organizationId, (transaction) =>
    transaction.query(
      // Rows are locked in the order of their ids, as a claim locks them. What has changed until then is compared again.
      `with gone as (
         select s.id, h.left_nothing from satellites s join unnest($1::text[], $2::bigint[], $3::boolean[]) as h (id, epoch, left_nothing) on h.id = s.id
         where s.connection_epoch = h.epoch order by s.id for no key update of s
       )
       update satellites s set relay_id = null, connected_at = null, last_seen_at = now(),
         site_share = case when gone.left_nothing then null else s.site_share end
       from gone where s.id = gone.id`,
      [
        gone.map((satellite) => satellite.satelliteId),
        gone.map((satellite) => satellite.connectionEpoch),
        gone.map((satellite) => satellite.leftNothingRunning),
      ],
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
