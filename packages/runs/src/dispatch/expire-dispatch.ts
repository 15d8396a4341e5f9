// Dispatches past their validity, of which no word came: what the cloud says of them. Entered by the sweeper. Writes outcomes, by close-executions.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { Actor } from '@sena/contracts/domain/principal';
import type { Pool, TenantTransaction } from '@sena/db/tenant';
import { closeOpenExecutions } from '../execution/close-executions.ts';
import type { RecordedRun } from '../results/record-results.ts';
import { lockRunsOfDispatches } from '../run/lock-runs.ts';

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
