// Records outcomes: one SQL function and one audit row a batch. Entered by the relay for what satellites report, and by the signer
// and the sweeper for what the cloud itself knows. See the migration for the rules of what is taken.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { merkleRoot } from '@sena/audit/merkle-root';
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { TenantTransaction } from '@sena/db/tenant';

export interface ResultRow {
  /** The satellite that said so, or null for the cloud's own word, which has revision 0. */
  readonly reporter: string | null;
  readonly executionId: string;
  readonly revision: number;
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly startedAt: string | null;
  readonly durationMs: number | null;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly stdoutKeptBytes: number;
  readonly stderrKeptBytes: number;
  readonly stdoutSha256: string | null;
  readonly stderrSha256: string | null;
  readonly groupHash: string | null;
  /** The whole kept stream when it is at most `inlineBytesMax`; null when it was recorded as output. */
  readonly stdoutInline: Uint8Array | null;
  readonly stderrInline: Uint8Array | null;
}

export const inlineBytesMax = 4_096;

/** What to do after the commit: ring `runEvents` for each, and deliver the outbox row of those that were woken. */
export interface RecordedRun {
  readonly runId: string;
  readonly recorded: number;
  readonly eventSeq: number;
  readonly outboxId: string | null;
}

/** At most 1,000 rows a call. Rows that change nothing (seen before, superseded, foreign) are passed over. */
export async function recordResults(
  transaction: TenantTransaction,
  rows: readonly ResultRow[],
  actor: string,
): Promise<RecordedRun[]> {
  if (rows.length === 0) return [];
  const recorded = await transaction.query<{
    run_id: string;
    recorded: number;
    event_seq: number;
    outbox_id: string | null;
  }>(
    `select run_id, recorded, event_seq, outbox_id from record_results($1::text[], $2::uuid[], $3::integer[], $4::integer[], $5::text[], $6::integer[],
       $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::integer[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
       $16::text[], $17::text[], $18::text[], $19::bytea[], $20::bytea[])`,
    [
      rows.map((row) => row.reporter),
      rows.map((row) => row.executionId),
      rows.map((row) => row.revision),
      rows.map((row) => row.attempt),
      rows.map((row) => row.outcome.kind),
      rows.map((row) => (row.outcome.kind === 'exited' ? row.outcome.exitCode : null)),
      rows.map((row) => (row.outcome.kind === 'exited' ? row.outcome.signal : null)),
      rows.map((row) => row.outcome.reason),
      rows.map((row) => (row.outcome.kind === 'exited' ? null : row.outcome.detail)),
      rows.map((row) => row.startedAt),
      rows.map((row) => row.durationMs),
      rows.map((row) => row.stdoutBytes),
      rows.map((row) => row.stderrBytes),
      rows.map((row) => row.stdoutKeptBytes),
      rows.map((row) => row.stderrKeptBytes),
      rows.map((row) => row.stdoutSha256),
      rows.map((row) => row.stderrSha256),
      rows.map((row) => row.groupHash ?? `${row.outcome.kind}:${row.outcome.reason ?? ''}`),
      rows.map((row) => toBuffer(row.stdoutInline)),
      rows.map((row) => toBuffer(row.stderrInline)),
    ],
  );
  const count = recorded.rows.reduce((sum, run) => sum + run.recorded, 0);
  if (count > 0) {
    await appendAuditEvent(transaction, {
      action: 'results.recorded',
      actor,
      subject: recorded.rows.map((run) => run.run_id).join(' '),
      ...(recorded.rows.length === 1 && recorded.rows[0] ? { runId: recorded.rows[0].run_id } : {}),
      data: { count, root: merkleRoot(rows.map(resultLeaf)) },
    });
  }
  return recorded.rows.map((row) => ({
    runId: row.run_id,
    recorded: row.recorded,
    eventSeq: row.event_seq,
    outboxId: row.outbox_id,
  }));
}

/** What the audit's Merkle root covers of one result. */
function resultLeaf(row: ResultRow): string {
  const { outcome } = row;
  const how = outcome.kind === 'exited' ? [outcome.exitCode, outcome.signal, outcome.reason] : [outcome.reason];
  return JSON.stringify([
    row.executionId,
    row.revision,
    row.attempt,
    outcome.kind,
    ...how,
    row.stdoutSha256,
    row.stderrSha256,
  ]);
}

function toBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
