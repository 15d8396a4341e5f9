// Appends output by byte offset; what was stored before is passed over. Entered by the relay.
import type { OutputStream } from '@sena/contracts/domain/outcome';
import type { TenantTransaction } from '@sena/db/tenant';

export interface OutputPiece {
  readonly satelliteId: string;
  readonly executionId: string;
  readonly attempt: number;
  readonly stream: OutputStream;
  readonly offset: number;
  /** At most 256 KiB. Pieces of one stream in order. */
  readonly data: Uint8Array;
}

export interface CommittedStream {
  readonly executionId: string;
  readonly attempt: number;
  readonly stream: OutputStream;
  /** Acknowledge up to here once the transaction has committed. */
  readonly committedBytes: number;
}

/** Pieces of executions that were not dispatched to their satellite are not taken and not in the answer. */
export async function recordOutput(
  transaction: TenantTransaction,
  pieces: readonly OutputPiece[],
): Promise<CommittedStream[]> {
  if (pieces.length === 0) return [];
  const recorded = await transaction.query<{
    execution_id: string;
    attempt: number;
    stream: OutputStream;
    committed_bytes: string;
  }>(
    `select execution_id, attempt, stream, max(committed_bytes) as committed_bytes
     from record_output($1::text[], $2::uuid[], $3::integer[], $4::text[], $5::bigint[], $6::bytea[]) group by 1, 2, 3`,
    [
      pieces.map((piece) => piece.satelliteId),
      pieces.map((piece) => piece.executionId),
      pieces.map((piece) => piece.attempt),
      pieces.map((piece) => piece.stream),
      pieces.map((piece) => piece.offset),
      pieces.map((piece) => Buffer.from(piece.data.buffer, piece.data.byteOffset, piece.data.byteLength)),
    ],
  );
  return recorded.rows.map((row) => ({
    executionId: row.execution_id,
    attempt: row.attempt,
    stream: row.stream,
    committedBytes: Number(row.committed_bytes),
  }));
}
