// Records outcomes: one SQL function and one audit row a batch. Entered by the relay for what satellites report, and by the signer
// and the sweeper for what the cloud itself knows. See the migration for the rules of what is taken.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { merkleRoot } from '@sena/audit/merkle-root';
import type { ExecutionMode, Outcome } from '@sena/contracts/domain/outcome';
import type { Actor } from '@sena/contracts/domain/principal';
import type { Redaction } from '@sena/contracts/domain/redaction';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { leafText, type ResultLeaf } from './read-result-leaves.ts';

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
  /** How it ran; missing where nothing began, or where that is not known. */
  readonly mode?: ExecutionMode | undefined;
  /** What was masked in its output; missing where nothing was. */
  readonly redaction?: Redaction | undefined;
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

/** At most 2,000 rows a call. Rows that change nothing (seen before, superseded, foreign) are passed over. */
export async function recordResults(
  transaction: TenantTransaction,
  rows: readonly ResultRow[],
  actor: Actor,
): Promise<RecordedRun[]> {
  if (rows.length === 0) return [];
  const auditEventId = newId('audit');
  const recorded = await transaction.query<{
    run_id: string;
    recorded: number;
    event_seq: number;
    outbox_id: string | null;
    leaves: ResultLeaf[] | null;
  }>(
    `select run_id, recorded, event_seq, outbox_id, leaves from record_results($1, $2::text[], $3::uuid[], $4::integer[], $5::integer[],
       $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::integer[], $13::bigint[], $14::bigint[],
       $15::bigint[], $16::bigint[], $17::text[], $18::text[], $19::text[], $20::text[], $21::bytea[], $22::bytea[], $23::text[])`,
    [
      auditEventId,
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
      rows.map((row) => row.mode ?? null),
      rows.map((row) => toBuffer(row.stdoutInline)),
      rows.map((row) => toBuffer(row.stderrInline)),
      rows.map((row) => (row.redaction === undefined ? null : JSON.stringify(row.redaction))),
    ],
  );
  await auditBatch(transaction, auditEventId, recorded.rows, actor);
  return recorded.rows.map((row) => ({
    runId: row.run_id,
    recorded: row.recorded,
    eventSeq: row.event_seq,
    outboxId: row.outbox_id,
  }));
}

/** The root is over what PostgreSQL has stored, in its words: the audit vouches for rows, not for what somebody sent. */
async function auditBatch(
  transaction: TenantTransaction,
  id: string,
  runs: ReadonlyArray<{ run_id: string; leaves: ResultLeaf[] | null }>,
  actor: Actor,
): Promise<void> {
  if (runs.length === 0) return;
  const runIds = runs.map((run) => run.run_id);
  const leaves = runs.flatMap((run) => run.leaves ?? []).map(leafText);
  await appendAuditEvent(transaction, {
    id,
    action: 'results.recorded',
    actor,
    // A batch of several runs is about itself.
    subject: runIds.length === 1 ? (runIds[0] as string) : id,
    ...(runIds.length === 1 ? { runId: runIds[0] as string } : {}),
    data: { runs: runIds, count: leaves.length, root: merkleRoot(leaves) },
  });
}

function toBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
