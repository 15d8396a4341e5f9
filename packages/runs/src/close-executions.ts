// The cloud's own word on executions that no satellite will speak for. Only what was never sent is `not_started`; what was sent and
// is past its validity is `unknown`, until a satellite finds out. Entered by the sweeper, the signer and a cancel.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { Pool, TenantTransaction } from '@sena/db/tenant';
import { type RecordedRun, type ResultRow, recordResults } from './record-results.ts';

type NotStarted = Extract<Outcome, { kind: 'not_started' }>;

/** For dispatches that never left. Throws when one of them was sent meanwhile. */
export async function closeUnsentDispatches(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
  outcome: NotStarted,
  actor: string,
): Promise<RecordedRun[]> {
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

/** Past `expiresAt` by more than the grace: never sent → `not_started: expired`, sent → `unknown: expired_without_word`. */
export async function expireDispatch(
  transaction: TenantTransaction,
  dispatchId: string,
  actor: string,
): Promise<RecordedRun[]> {
  const found = await transaction.query<{ sent: boolean }>(
    'select sent_at is not null as sent from dispatches where id = $1 and pending > 0 and expires_at < now() for update',
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
    : {
        kind: 'not_started',
        reason: 'expired',
        detail:
          'No satellite of the site was connected before its validity ended. Bring the satellite back and ask again.',
      };
  return closeOpenExecutions(transaction, [dispatchId], outcome, actor);
}

/** Ids of dispatches to expire, over all organizations. */
export async function listDispatchesToExpire(
  pool: Pool,
  graceMs: number,
  atMost = 200,
): Promise<Array<{ organizationId: string; dispatchId: string }>> {
  const found = await pool.query<{ organization_id: string; dispatch_id: string }>(
    'select organization_id, dispatch_id from dispatches_to_expire($1, $2)',
    [graceMs, atMost],
  );
  return found.rows.map((row) => ({ organizationId: row.organization_id, dispatchId: row.dispatch_id }));
}

async function closeOpenExecutions(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
  outcome: Outcome,
  actor: string,
): Promise<RecordedRun[]> {
  const open = await transaction.query<{ id: string }>(
    'select e.id from executions e where e.dispatch_id = any($1) and not exists (select from outcomes o where o.execution_id = e.id)',
    [dispatchIds],
  );
  return recordResults(
    transaction,
    open.rows.map((row) => cloudWord(row.id, outcome)),
    actor,
  );
}

function cloudWord(executionId: string, outcome: Outcome): ResultRow {
  return {
    reporter: null,
    executionId,
    revision: 0,
    attempt: 0,
    outcome,
    startedAt: null,
    durationMs: null,
    stdoutBytes: 0,
    stderrBytes: 0,
    stdoutKeptBytes: 0,
    stderrKeptBytes: 0,
    stdoutSha256: null,
    stderrSha256: null,
    groupHash: null,
    stdoutInline: null,
    stderrInline: null,
  };
}
