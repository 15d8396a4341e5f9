// A sink's next records, for the one who delivers them: claimed for a while, so that two orchestrators seldom send the same. Entered by
// the orchestrator. Writes the sink's cursor and what became of the attempt.
import type { Checkpoint } from '@sena/contracts/domain/checkpoint';
import type { Pool, TenantTransaction } from '@sena/db/tenant';
import { listSealedRecords } from './list-sealed-records.ts';
import { readLastCheckpoint } from './read-checkpoints.ts';
import type { SealedRecord } from './verify-chain.ts';

const recordsADelivery = 500;
const retrySecondsMax = 600;

export interface ClaimedSink {
  readonly id: string;
  readonly kind: 'webhook' | 'syslog';
  readonly address: string;
  readonly takenSeq: number;
  readonly records: readonly SealedRecord[];
  /** Whoever keeps it can hold a later export against it. */
  readonly checkpoint: Checkpoint | null;
}

export async function listDueSinks(
  pool: Pool,
  atMost: number,
): Promise<Array<{ organizationId: string; sinkId: string }>> {
  const due = await pool.query<{ organization_id: string; sink_id: string }>(
    'select organization_id, sink_id from audit_sinks_due($1)',
    [atMost],
  );
  return due.rows.map((row) => ({ organizationId: row.organization_id, sinkId: row.sink_id }));
}

/** Null: another has it, or it is gone. */
export async function claimSink(
  transaction: TenantTransaction,
  sinkId: string,
  leaseMs: number,
): Promise<ClaimedSink | null> {
  const claimed = await transaction.query<{ kind: 'webhook' | 'syslog'; address: string; cursor: string }>(
    `update audit_sinks set next_attempt_at = now() + $2 * interval '1 millisecond'
     where id = $1 and next_attempt_at <= now() returning kind, address, cursor`,
    [sinkId, leaseMs],
  );
  const row = claimed.rows[0];
  if (row === undefined) return null;
  const { kind, address } = row;
  const takenSeq = Number(row.cursor);
  const records = await listSealedRecords(transaction, takenSeq, recordsADelivery);
  const checkpoint = (await readLastCheckpoint(transaction))?.checkpoint ?? null;
  return { id: sinkId, kind, address, takenSeq, records, checkpoint };
}

/** Taken up to `seq`: the next may follow at once. Where another was faster, what it wrote stays. */
export async function advanceSink(transaction: TenantTransaction, sink: ClaimedSink, seq: number): Promise<void> {
  await transaction.query(
    `update audit_sinks set cursor = $3, delivered_at = now(), failures = 0, last_error = null, next_attempt_at = now()
     where id = $1 and cursor = $2`,
    [sink.id, sink.takenSeq, seq],
  );
}

/** Twice as long each time, up to ten minutes. */
export async function postponeSink(transaction: TenantTransaction, sink: ClaimedSink, reason: string): Promise<void> {
  await transaction.query(
    `update audit_sinks set failures = failures + 1, last_error = $3,
       next_attempt_at = now() + least($4, power(2, least(failures, 12))) * (0.75 + random() / 2) * interval '1 second'
     where id = $1 and cursor = $2`,
    [sink.id, sink.takenSeq, reason.slice(0, 500), retrySecondsMax],
  );
}
