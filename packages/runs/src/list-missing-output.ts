// Results that speak of more output than is stored. Entered by the relay before it records them: once a result is acknowledged the
// satellite lets go of what it has, and the hole would stay. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';
import type { ResultRow } from './record-results.ts';

/** Ids of executions whose output has a hole. Results that would be passed over anyway have none. */
export async function listMissingOutput(
  transaction: TenantTransaction,
  rows: readonly ResultRow[],
): Promise<Set<string>> {
  const streams = rows.flatMap((row) => [
    { row, stream: 'stdout', keptBytes: row.stdoutInline === null ? row.stdoutKeptBytes : 0 },
    { row, stream: 'stderr', keptBytes: row.stderrInline === null ? row.stderrKeptBytes : 0 },
  ]);
  const told = streams.filter(({ keptBytes }) => keptBytes > 0);
  if (told.length === 0) return new Set();
  const found = await transaction.query<{ id: string }>(
    `select distinct e.id::text
     from unnest($1::text[], $2::uuid[], $3::integer[], $4::text[], $5::bigint[]) as i (reporter, execution_id, attempt, stream, kept_bytes)
       join executions e on e.id = i.execution_id
       join dispatches d on d.id = e.dispatch_id and (d.satellite_id = i.reporter or exists (
         select from inquiries q where q.dispatch_id = d.id and q.satellite_id = i.reporter and q.sent_at is not null
       ))
     where not exists (select from outcomes o where o.execution_id = e.id and o.kind <> 'unknown')
       and i.kept_bytes > coalesce((select s.committed_bytes from output_streams s
         where s.execution_id = e.id and s.attempt = i.attempt and s.stream = i.stream), 0)
       and i.kept_bytes > coalesce((select max(octet_length(case i.stream when 'stdout' then o.stdout_inline else o.stderr_inline end))
         from outcomes o where o.execution_id = e.id and o.attempt = i.attempt), 0)`,
    [
      told.map(({ row }) => row.reporter),
      told.map(({ row }) => row.executionId),
      told.map(({ row }) => row.attempt),
      told.map(({ stream }) => stream),
      told.map(({ keptBytes }) => keptBytes),
    ],
  );
  return new Set(found.rows.map((row) => row.id));
}
