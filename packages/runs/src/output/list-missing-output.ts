// Results that speak of more output than is stored. Entered by the relay before it records them: once a result is acknowledged the
// satellite lets go of what it has, and the hole would stay. Reads only.
import type { OutputStream } from '@sena/contracts/domain/outcome';
import type { TenantTransaction } from '@sena/db/tenant';
import type { ResultRow } from '../results/record-results.ts';

export interface MissingOutput {
  readonly executionId: string;
  readonly attempt: number;
  readonly stream: OutputStream;
  /** Of fewer bytes than the result says were kept. */
  readonly storedBytes: number;
}

/** Streams that have a hole. Of results that would be passed over anyway none has. */
export async function listMissingOutput(
  transaction: TenantTransaction,
  rows: readonly ResultRow[],
): Promise<MissingOutput[]> {
  const streams = rows.flatMap((row) => [
    { row, stream: 'stdout', keptBytes: row.stdoutInline === null ? row.stdoutKeptBytes : 0 },
    { row, stream: 'stderr', keptBytes: row.stderrInline === null ? row.stderrKeptBytes : 0 },
  ]);
  const told = streams.filter(({ keptBytes }) => keptBytes > 0);
  if (told.length === 0) return [];
  const found = await transaction.query<{ id: string; attempt: number; stream: OutputStream; stored: string }>(
    `select distinct e.id::text, i.attempt, i.stream, coalesce(s.committed_bytes, 0) as stored
     from unnest($1::text[], $2::uuid[], $3::integer[], $4::text[], $5::bigint[]) as i (reporter, execution_id, attempt, stream, kept_bytes)
       join executions e on e.id = i.execution_id
       join dispatches d on d.id = e.dispatch_id and (d.satellite_id = i.reporter or exists (
         select from inquiries q where q.dispatch_id = d.id and q.satellite_id = i.reporter and q.sent_at is not null
       ))
       left join output_streams s on s.execution_id = e.id and s.attempt = i.attempt and s.stream = i.stream
     where not exists (select from outcomes o where o.execution_id = e.id and o.kind <> 'unknown')
       and i.kept_bytes > coalesce(s.committed_bytes, 0)
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
  return found.rows.map(({ id, attempt, stream, stored }) => ({
    ...{ executionId: id, attempt, stream, storedBytes: Number(stored) },
  }));
}
