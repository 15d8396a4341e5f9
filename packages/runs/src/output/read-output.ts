// The bytes of one execution's stream, as the command wrote them. Reads only, a bounded piece at a time.
import type { OutputStream } from '@sena/contracts/domain/outcome';
import type { TenantTransaction } from '@sena/db/tenant';

export interface OutputSize {
  readonly runId: string;
  /** Whose bytes these are. Another one may be shown a moment later. */
  readonly attempt: number;
  /** Stored so far: what can be read. */
  readonly storedBytes: number;
  /** Written by the command; null while it has not ended. More than stored: truncated. */
  readonly writtenBytes: number | null;
}

/** null: there is no such execution in this organization. */
export async function readOutputSize(
  transaction: TenantTransaction,
  executionId: string,
  stream: OutputStream,
): Promise<OutputSize | null> {
  const shown = await findShown(transaction, executionId, stream, null);
  if (shown === null) return null;
  const { runId, attempt, storedBytes, writtenBytes } = shown;
  return { runId, attempt, storedBytes, writtenBytes };
}

/**
 * Bytes from `start` (inclusive) up to `start + length`, fewer at the end. Whoever reads more than one piece names the attempt, so that all of
 * them are of one; null: of the one that is shown now.
 */
export async function readOutput(
  transaction: TenantTransaction,
  executionId: string,
  stream: OutputStream,
  start: number,
  length: number,
  attempt: number | null = null,
): Promise<Buffer> {
  const shown = await findShown(transaction, executionId, stream, attempt);
  if (shown === null || length <= 0) return Buffer.alloc(0);
  if (shown.inline !== null) return shown.inline.subarray(start, start + length);
  const chunks = await transaction.query<{ byte_offset: string; data: Buffer }>(
    `select byte_offset, data from output_chunks
     where output_month = $1 and execution_id = $2 and attempt = $3 and stream = $4
       and byte_offset < $6 and byte_offset + octet_length(data) > $5
     order by byte_offset`,
    [shown.month, executionId, shown.attempt, stream, start, start + length],
  );
  const pieces = chunks.rows.map((chunk) => {
    const offset = Number(chunk.byte_offset);
    return chunk.data.subarray(Math.max(0, start - offset), Math.max(0, start + length - offset));
  });
  return Buffer.concat(pieces);
}

interface Shown {
  readonly runId: string;
  readonly month: string;
  readonly attempt: number;
  readonly inline: Buffer | null;
  readonly storedBytes: number;
  readonly writtenBytes: number | null;
}

/** `attempt`, or the one that is shown: the outcome's; while there is none, the latest that has output. */
async function findShown(
  transaction: TenantTransaction,
  executionId: string,
  stream: OutputStream,
  attempt: number | null,
): Promise<Shown | null> {
  const found = await transaction.query<{
    run_id: string;
    month: string;
    attempt: number | null;
    inline: Buffer | null;
    written: string | null;
    committed: string | null;
    live_attempt: number | null;
  }>(
    `select e.run_id, e.output_month::text as month, o.attempt, case $2 when 'stdout' then o.stdout_inline else o.stderr_inline end as inline,
       case $2 when 'stdout' then o.stdout_bytes else o.stderr_bytes end as written, s.committed_bytes as committed, s.attempt as live_attempt
     from executions e
       left join lateral (select * from outcomes x where x.execution_id = e.id and ($3::integer is null or x.attempt = $3)
         order by x.revision desc limit 1) o on true
       left join lateral (
         select s.attempt, s.committed_bytes from output_streams s
         where s.execution_id = e.id and s.stream = $2 and s.attempt = coalesce($3, o.attempt, s.attempt) order by s.attempt desc limit 1
       ) s on true
     where e.id = $1`,
    [executionId, stream, attempt],
  );
  const row = found.rows[0];
  if (row === undefined) return null;
  return {
    runId: row.run_id,
    month: row.month,
    attempt: attempt ?? row.attempt ?? row.live_attempt ?? 1,
    inline: row.inline,
    storedBytes: row.inline?.length ?? Number(row.committed ?? 0),
    writtenBytes: row.written === null ? null : Number(row.written),
  };
}
