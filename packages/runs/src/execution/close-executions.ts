// The cloud's own word on executions that no satellite will speak for. Only what was never sent is `not_started`; what was sent
// is `unknown`, until a satellite finds out. Entered by expire-dispatch, the sweeper, the signer, a cancel, and the relay for a lost journal.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { Actor } from '@sena/contracts/domain/principal';
import type { TenantTransaction } from '@sena/db/tenant';
import { type RecordedRun, recordResults } from '../results/record-results.ts';
import { withoutOutput } from '../results/without-output.ts';
import { lockRunsOfDispatches } from '../run/lock-runs.ts';

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

/** Of these dispatches, whose runs are locked. */
export async function closeOpenExecutions(
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
