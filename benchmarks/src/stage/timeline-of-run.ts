// Where a run's time went, by its own events: each kind with the moment of its first and its last, in milliseconds since the run was
// created. A moment is when its transaction began. Reads only.
import type { Stage } from './open-stage.ts';

/** Rows: event, first, last, how many. */
export async function timelineOfRun(stage: Stage, runId: string): Promise<string[][]> {
  const found = await stage.admin.query<{ type: string; first: string; last: string; count: number }>(
    `select e.data ->> 'type' as type, count(*)::integer as count,
       extract(epoch from min(e.at) - r.created_at) * 1000 as first, extract(epoch from max(e.at) - r.created_at) * 1000 as last
     from run_events e join runs r on r.id = e.run_id where r.id = $1 group by 1, r.created_at order by min(e.seq)`,
    [runId],
  );
  const signed = await stage.admin.query<{ first: string; last: string; count: number }>(
    `select count(*)::integer as count, extract(epoch from min(e.signed_at) - r.created_at) * 1000 as first,
       extract(epoch from max(e.signed_at) - r.created_at) * 1000 as last
     from dispatch_envelopes e join dispatches d on d.id = e.dispatch_id join runs r on r.id = d.run_id where r.id = $1 group by r.created_at`,
    [runId],
  );
  return [...found.rows, ...signed.rows.map((row) => ({ ...row, type: '(dispatch signed)' }))].map((row) => [
    row.type,
    Number(row.first).toFixed(0),
    Number(row.last).toFixed(0),
    String(row.count),
  ]);
}
