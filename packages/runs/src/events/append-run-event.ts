// The one place that writes run events. Numbered from the run row, in the caller's transaction.
import type { RunEventData } from '@sena/contracts/domain/run-event';
import type { TenantTransaction } from '@sena/db/tenant';

/** Returns the event's number. Locks the run row until the transaction ends. Throws when there is no such run. */
export async function appendRunEvent(
  transaction: TenantTransaction,
  runId: string,
  data: RunEventData,
): Promise<number> {
  return appendRunEvents(transaction, runId, [data]);
}

/** The same for several at once, at least one: two statements, however many. Returns the number of the last. */
export async function appendRunEvents(
  transaction: TenantTransaction,
  runId: string,
  events: readonly RunEventData[],
): Promise<number> {
  const numbered = await transaction.query<{ seq: number }>(
    'update runs set last_event_seq = last_event_seq + $2 where id = $1 returning last_event_seq as seq',
    [runId, events.length],
  );
  const last = numbered.rows[0]?.seq;
  if (last === undefined) throw new Error(`run ${runId} does not exist in ${transaction.organizationId}`);
  await transaction.query(
    `insert into run_events (organization_id, run_id, seq, data)
     select $1, $2, $3::integer + e.place::integer, e.data from unnest($4::jsonb[]) with ordinality as e (data, place)`,
    [transaction.organizationId, runId, last - events.length, events.map((data) => JSON.stringify(data))],
  );
  return last;
}

/**
 * For a step that may be repeated after a crash: an event of this run that has all of `match` is left as it is.
 * Returns null then.
 */
export async function appendRunEventOnce(
  transaction: TenantTransaction,
  runId: string,
  data: RunEventData,
  match: Partial<Record<string, unknown>> & { type: RunEventData['type'] },
): Promise<number | null> {
  const existing = await transaction.query('select 1 from run_events where run_id = $1 and data @> $2 limit 1', [
    runId,
    JSON.stringify(match),
  ]);
  return existing.rowCount === 0 ? appendRunEvent(transaction, runId, data) : null;
}
