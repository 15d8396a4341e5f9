// What keeps a run waiting beyond its commands' own time: satellites that are away, and commands that should have ended. Reads only.
import type { RunWait } from '@sena/contracts/http/runs';
import type { TenantTransaction } from '@sena/db/tenant';
import { expiryGrace } from '../dispatch/expiry-grace.ts';

/** For a word that is on its way when a time limit ends. */
const wordMs = 10_000;
const nodesNamed = 10;

/** For a run that has not ended. By satellite name; those that are away first. */
export async function listWaits(transaction: TenantTransaction, runId: string): Promise<RunWait[]> {
  return [...(await listAway(transaction, runId)), ...(await listWithoutWord(transaction, runId))];
}

/** Of dispatch `d`: when the cloud calls what was sent unknown (`dispatches_to_expire`). `isAsked`: while a finder looks, later. */
const unknownAt = (isAsked: string) =>
  `d.expires_at + (${expiryGrace.graceMs} + (d.limits ->> 'timeoutMs')::bigint + case when ${isAsked} then ${expiryGrace.askedMs} else 0 end) * interval '1 millisecond'`;

interface AwayRow {
  id: string;
  name: string;
  site: string;
  status: 'disconnected' | 'locked' | 'revoked';
  since: Date | null;
  unsent: number;
  unsent_until: Date | null;
  changes: number;
  changes_until: Date | null;
  readings: number;
  readings_until: Date | null;
  finder: string | null;
}

async function listAway(transaction: TenantTransaction, runId: string): Promise<RunWait[]> {
  const found = await transaction.query<AwayRow>(
    `select s.id, s.name, g.name as site, s.last_seen_at as since,
       case when s.revoked_at is not null then 'revoked' when s.locked_at is not null then 'locked' else 'disconnected' end as status,
       coalesce(sum(d.pending) filter (where d.sent_at is null), 0)::integer as unsent,
       max(d.expires_at) filter (where d.sent_at is null) as unsent_until,
       coalesce(sum(d.pending) filter (where d.sent_at is not null and not d.read_only), 0)::integer as changes,
       max(${unknownAt('q.finder is not null')}) filter (where d.sent_at is not null and not d.read_only) as changes_until,
       coalesce(sum(d.pending) filter (where d.sent_at is not null and d.read_only), 0)::integer as readings,
       max(${unknownAt('q.finder is not null')}) filter (where d.sent_at is not null and d.read_only) as readings_until,
       max(q.finder) as finder
     from dispatches d join satellites s on s.id = d.satellite_id join sites g on g.id = s.site_id
       left join lateral (
         select f.name as finder from inquiries i join satellites f on f.id = i.satellite_id
         where i.dispatch_id = d.id and i.refused_at is null and (i.acked_at is not null or i.expires_at > now())
           and f.relay_id is not null and f.revoked_at is null limit 1
       ) q on true
     where d.run_id = $1 and d.pending > 0 and (s.relay_id is null or s.revoked_at is not null)
     group by s.id, g.name order by s.name`,
    [runId],
  );
  return found.rows.map((row) => ({
    ...{ kind: 'satellite_away', satellite: { id: row.id, name: row.name }, site: row.site, status: row.status },
    since: row.since?.toISOString() ?? null,
    unsent: waitedFor(row.unsent, row.unsent_until),
    changes: waitedFor(row.changes, row.changes_until),
    readings: waitedFor(row.readings, row.readings_until),
    finder: row.finder,
  }));
}

function waitedFor(count: number, until: Date | null): { count: number; until: string } | null {
  return until === null ? null : { count, until: until.toISOString() };
}

interface WithoutWordRow {
  id: string;
  name: string;
  nodes: string[];
  count: number;
  overdue: number;
  until: Date;
}

async function listWithoutWord(transaction: TenantTransaction, runId: string): Promise<RunWait[]> {
  // A dispatch that can't be overdue as a whole is not looked into.
  const found = await transaction.query<WithoutWordRow>(
    `select s.id, s.name, (array_agg(distinct e.node_name order by e.node_name))[1:${nodesNamed}] as nodes, count(*)::integer as count,
       (count(*) filter (where began.overdue))::integer as overdue, max(${unknownAt('false')}) as until
     from runs r join dispatches d on d.run_id = r.id join satellites s on s.id = d.satellite_id
       join executions e on e.dispatch_id = d.id
       cross join lateral (
         select max(b.started_at) + (${wordMs} + (d.limits ->> 'timeoutMs')::bigint) * interval '1 millisecond' < now() as overdue
         from execution_starts b where b.execution_id = e.id
       ) began
     where r.id = $1 and d.pending > 0 and s.relay_id is not null and s.revoked_at is null
       and (r.cancel_requested_at is not null
         or d.sent_at + (${wordMs} + (d.limits ->> 'timeoutMs')::bigint) * interval '1 millisecond' < now())
       and not exists (select from outcomes o where o.execution_id = e.id)
       and (began.overdue or (r.cancel_requested_at is not null and began.overdue is not null))
     group by s.id order by s.name`,
    [runId],
  );
  return found.rows.map(({ id, name, until, ...row }) => ({
    ...{ kind: 'no_word', satellite: { id, name }, ...row, until: until.toISOString() },
  }));
}
