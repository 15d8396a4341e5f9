// The cloud's own word on executions that no satellite will speak for. Only what was never sent is `not_started`; what was sent
// is `unknown`, until a satellite finds out. Entered by the sweeper, the signer, a cancel, and the relay for a lost journal.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { Actor } from '@sena/contracts/domain/principal';
import type { Pool, TenantTransaction } from '@sena/db/tenant';
import { lockRunsOfDispatches } from './lock-runs.ts';
import { type RecordedRun, recordResults } from './record-results.ts';
import { withoutOutput } from './without-output.ts';

type NotStarted = Extract<Outcome, { kind: 'not_started' }>;

/** For dispatches that never left. One that was sent meanwhile is left alone: only its satellite knows. */
export async function closeUnsentDispatches(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
  outcome: NotStarted,
  actor: Actor,
): Promise<RecordedRun[]> {
  await lockRunsOfDispatches(transaction, dispatchIds);
  // The lock keeps a relay from claiming them between this look and the outcome.
  const unsent = await transaction.query<{ id: string }>(
    'select id from dispatches where id = any($1) and sent_at is null and pending > 0 order by id for update',
    [dispatchIds],
  );
  return closeOpenExecutions(
    transaction,
    unsent.rows.map((row) => row.id),
    outcome,
    actor,
  );
}

/** Ids of a run's dispatches that have not left yet. */
export async function listUnsentDispatches(transaction: TenantTransaction, runId: string): Promise<string[]> {
  const found = await transaction.query<{ id: string }>(
    'select id from dispatches where run_id = $1 and sent_at is null and pending > 0',
    [runId],
  );
  return found.rows.map((row) => row.id);
}

/** Past `expiresAt`: never sent → `not_started: expired`, sent → `unknown: expired_without_word`. For what is to be expired. */
export async function expireDispatch(
  transaction: TenantTransaction,
  dispatchId: string,
  actor: Actor,
): Promise<RecordedRun[]> {
  await lockRunsOfDispatches(transaction, [dispatchId]);
  const found = await transaction.query<ExpiredDispatch>(
    `select d.sent_at is not null as sent, d.approval_id is not null as approved, s.name as satellite, g.name as site,
       s.relay_id is not null and s.revoked_at is null as connected, s.revoked_at as revoked_at, s.last_seen_at
     from dispatches d left join satellites s on s.id = d.satellite_id left join sites g on g.id = s.site_id
     where d.id = $1 and d.pending > 0 and d.expires_at < now() for update of d`,
    [dispatchId],
  );
  const dispatch = found.rows[0];
  if (dispatch === undefined) return [];
  const outcome: Outcome = dispatch.sent
    ? {
        kind: 'unknown',
        reason: 'expired_without_word',
        detail:
          'It was sent, and no word came back before its validity ended. Look on the node, or wait for the satellite to reconnect.',
      }
    : { kind: 'not_started', reason: 'expired', detail: whyNotSent(dispatch).slice(0, 500) };
  return closeOpenExecutions(transaction, [dispatchId], outcome, actor);
}

interface ExpiredDispatch {
  sent: boolean;
  approved: boolean;
  /** Null, all three: there never was one. */
  satellite: string | null;
  site: string | null;
  connected: boolean | null;
  revoked_at: Date | null;
  last_seen_at: Date | null;
}

/** Names who was away, since when, and what to do. */
function whyNotSent({ approved, satellite, site, connected, revoked_at, last_seen_at }: ExpiredDispatch): string {
  if (satellite === null) return 'No satellite is enrolled at the site. Add one under Satellites, then ask again.';
  const who = `Satellite ${satellite} of site ${site}`;
  if (connected)
    return `${who} is connected, but this did not leave for it while it was valid: earlier work filled it, or the signer was away. Ask again.`;
  const away =
    revoked_at !== null
      ? `was revoked at ${inWords(revoked_at)}`
      : last_seen_at === null
        ? 'has never connected'
        : `has been offline since ${inWords(last_seen_at)}`;
  return approved
    ? `${who} ${away}, and the approval is for this satellite alone. Bring it back and ask again, or ask again now: then another satellite of the site is chosen, and approved.`
    : `${who} ${away}, and no other satellite of the site took over before its validity ended. Bring one back and ask again.`;
}

/** To the second, UTC. */
function inWords(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** For everything that was sent to a satellite whose journal is gone: nobody will ever know whether it ran. */
export async function closeLostDispatches(
  transaction: TenantTransaction,
  satelliteId: string,
  actor: Actor,
): Promise<RecordedRun[]> {
  const sent = await transaction.query<{ id: string }>(
    'select id from dispatches where satellite_id = $1 and sent_at is not null and pending > 0',
    [satelliteId],
  );
  const dispatchIds = sent.rows.map((row) => row.id);
  await lockRunsOfDispatches(transaction, dispatchIds);
  const detail = 'The satellite came back without its journal, so nobody knows whether this ran. Look on the node.';
  return closeOpenExecutions(transaction, dispatchIds, { kind: 'unknown', reason: 'satellite_lost', detail }, actor);
}

/**
 * Ids of dispatches to expire, over all organizations. What was sent gets its command's timeout and `graceMs` more, for a word
 * that is on its way; while another satellite finds out what became of it, that one has `askedMs` more.
 */
export async function listDispatchesToExpire(
  pool: Pool,
  { graceMs, askedMs }: { graceMs: number; askedMs: number },
  atMost = 200,
): Promise<Array<{ organizationId: string; dispatchId: string }>> {
  const found = await pool.query<{ organization_id: string; dispatch_id: string }>(
    'select organization_id, dispatch_id from dispatches_to_expire($1, $2, $3)',
    [graceMs, askedMs, atMost],
  );
  return found.rows.map((row) => ({ organizationId: row.organization_id, dispatchId: row.dispatch_id }));
}

async function closeOpenExecutions(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
  outcome: Outcome,
  actor: Actor,
): Promise<RecordedRun[]> {
  // What has arrived of their output is certain, and stays to be read.
  const open = await transaction.query<{ id: string; attempt: number; stdout: string; stderr: string }>(
    `select e.id, coalesce(last.attempt, 0) as attempt,
       coalesce((select s.committed_bytes from output_streams s where s.execution_id = e.id and s.attempt = last.attempt and s.stream = 'stdout'), 0) as stdout,
       coalesce((select s.committed_bytes from output_streams s where s.execution_id = e.id and s.attempt = last.attempt and s.stream = 'stderr'), 0) as stderr
     from executions e
       left join lateral (select max(s.attempt) as attempt from output_streams s where s.execution_id = e.id) last on true
     where e.dispatch_id = any($1) and not exists (select from outcomes o where o.execution_id = e.id)`,
    [dispatchIds],
  );
  const rows = open.rows.map((row) => ({
    ...withoutOutput({ reporter: null, executionId: row.id, revision: 0, outcome }),
    attempt: row.attempt,
    stdoutBytes: Number(row.stdout),
    stderrBytes: Number(row.stderr),
    stdoutKeptBytes: Number(row.stdout),
    stderrKeptBytes: Number(row.stderr),
  }));
  return recordResults(transaction, rows, actor);
}
