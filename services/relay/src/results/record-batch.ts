// One batch of what satellites of an organization reported: one transaction, then the acknowledgements and the doorbells.
// Small output that arrived whole with its result goes into the outcome's row, the rest into chunks.
import { createHash } from 'node:crypto';
import type { OutputStream } from '@sena/contracts/domain/outcome';
import type { ExecutionResult, SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { markDispatchAcknowledged } from '@sena/runs/reconcile-dispatches';
import { type CommittedStream, type OutputPiece, recordOutput } from '@sena/runs/record-output';
import { inlineBytesMax, type RecordedRun, type ResultRow, recordResults } from '@sena/runs/record-results';
import { recordStarts } from '@sena/runs/record-starts';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellite } from '../held-satellites.ts';

export type ReportFrame = Extract<SatelliteFrame, { t: 'dispatch-ack' | 'started' | 'output' | 'result' }>;

export interface Report {
  readonly satellite: HeldSatellite;
  readonly frame: ReportFrame;
}

type ReportOf<T extends ReportFrame['t']> = Report & { readonly frame: Extract<ReportFrame, { t: T }> };

const pieceBytesMax = 256 * 1024;

/** What to ring after the commit. */
export interface RecordedBatch {
  readonly runs: ReadonlyArray<Pick<RecordedRun, 'runId' | 'eventSeq' | 'outboxId'>>;
}

/** Throws what PostgreSQL said; then nothing of the batch is stored and nothing acknowledged. */
export async function recordBatch(
  pool: Pool,
  organizationId: string,
  batch: readonly Report[],
  logger: Logger,
): Promise<RecordedBatch> {
  const outputs = batch.filter((report): report is ReportOf<'output'> => report.frame.t === 'output');
  const results = batch.filter((report): report is ReportOf<'result'> => report.frame.t === 'result');
  const starts = batch.filter((report): report is ReportOf<'started'> => report.frame.t === 'started');
  const acks = batch.filter((report): report is ReportOf<'dispatch-ack'> => report.frame.t === 'dispatch-ack');
  const whole = takeWholeStreams(outputs, results, logger);
  const rows = results.map(({ satellite, frame }) => toRow(satellite.satelliteId, frame.result, whole));
  const pieces = joinPieces(
    outputs.filter(({ frame }) => !whole.has(streamKey(frame.executionId, frame.attempt, frame.stream))),
  );

  const stored = await inOrganization(pool, organizationId, async (transaction) => {
    for (const { satellite, frame } of acks) {
      if (frame.accepted) await markDispatchAcknowledged(transaction, satellite.satelliteId, frame.dispatchId);
    }
    const started = await recordStarts(
      transaction,
      starts.map(({ satellite, frame }) => ({
        satelliteId: satellite.satelliteId,
        executionId: frame.executionId,
        attempt: frame.attempt,
        at: frame.at,
      })),
    );
    const committed = await recordOutput(transaction, pieces);
    const actor = [...new Set(results.map(({ satellite }) => `satellite:${satellite.satelliteId}`))].join(' ');
    const recorded = await recordResults(transaction, rows, actor);
    return { started, committed, recorded };
  });

  acknowledgeOutput(outputs, stored.committed, whole);
  for (const { satellite, frame } of results) {
    satellite.outstanding = Math.max(0, satellite.outstanding - 1);
    satellite.out.push({ t: 'outcome-ack', executionId: frame.result.executionId, revision: frame.result.revision });
  }
  return { runs: [...stored.started.map((run) => ({ ...run, outboxId: null })), ...stored.recorded] };
}

/** Streams of at most 4 KiB that are complete within this batch, by stream key. */
function takeWholeStreams(
  outputs: ReadonlyArray<ReportOf<'output'>>,
  results: ReadonlyArray<ReportOf<'result'>>,
  logger: Logger,
): Map<string, Uint8Array> {
  const byStream = Map.groupBy(outputs, ({ frame }) => streamKey(frame.executionId, frame.attempt, frame.stream));
  const whole = new Map<string, Uint8Array>();
  for (const { satellite, frame } of results) {
    const { result } = frame;
    for (const stream of ['stdout', 'stderr'] as const) {
      const kept = stream === 'stdout' ? result.stdoutKeptBytes : result.stderrKeptBytes;
      const hash = stream === 'stdout' ? result.stdoutSha256 : result.stderrSha256;
      if (kept > inlineBytesMax) continue;
      const key = streamKey(result.executionId, result.attempt, stream);
      const pieces = (byStream.get(key) ?? [])
        .filter((piece) => piece.satellite === satellite)
        .map((piece) => piece.frame);
      const bytes = assemble(pieces, kept);
      if (bytes === null) continue;
      if (hash !== null && createHash('sha256').update(bytes).digest('hex') !== hash) {
        logger.error(
          { executionId: result.executionId, stream },
          'output does not have the hash that the satellite reported',
        );
        continue;
      }
      whole.set(key, bytes);
    }
  }
  return whole;
}

/** Pieces from offset 0 to `length` without a gap, or null. */
function assemble(pieces: ReadonlyArray<{ offset: number; data: Uint8Array }>, length: number): Uint8Array | null {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  for (const piece of [...pieces].sort((a, b) => a.offset - b.offset)) {
    if (piece.offset > filled) return null;
    bytes.set(piece.data.subarray(0, Math.max(0, length - piece.offset)), Math.min(piece.offset, length));
    filled = Math.max(filled, piece.offset + piece.data.length);
  }
  return filled >= length ? bytes : null;
}

function toRow(reporter: string, result: ExecutionResult, whole: ReadonlyMap<string, Uint8Array>): ResultRow {
  const { outcome } = result;
  return {
    ...result,
    reporter,
    // PostgreSQL's text can't hold NUL.
    outcome: outcome.kind === 'exited' ? outcome : { ...outcome, detail: outcome.detail.replaceAll('\u0000', '') },
    stdoutInline: whole.get(streamKey(result.executionId, result.attempt, 'stdout')) ?? null,
    stderrInline: whole.get(streamKey(result.executionId, result.attempt, 'stderr')) ?? null,
  };
}

/** Neighbouring pieces of a stream become one row of up to 256 KiB. */
function joinPieces(outputs: ReadonlyArray<ReportOf<'output'>>): OutputPiece[] {
  const joined: OutputPiece[] = [];
  const byStream = Map.groupBy(
    outputs,
    ({ satellite, frame }) => `${satellite.satelliteId} ${streamKey(frame.executionId, frame.attempt, frame.stream)}`,
  );
  for (const reports of byStream.values()) {
    let open: { piece: OutputPiece; parts: Uint8Array[]; bytes: number } | null = null;
    for (const { satellite, frame } of reports) {
      if (
        open !== null &&
        frame.offset === open.piece.offset + open.bytes &&
        open.bytes + frame.data.length <= pieceBytesMax
      ) {
        open.parts.push(frame.data);
        open.bytes += frame.data.length;
        continue;
      }
      if (open !== null) joined.push({ ...open.piece, data: Buffer.concat(open.parts) });
      const { executionId, attempt, stream, offset, data } = frame;
      open = {
        piece: { satelliteId: satellite.satelliteId, executionId, attempt, stream, offset, data },
        parts: [data],
        bytes: data.length,
      };
    }
    if (open !== null) joined.push({ ...open.piece, data: Buffer.concat(open.parts) });
  }
  return joined;
}

/** How far each stream is stored. Bytes of executions that are not this satellite's are acknowledged too: nobody will ever want them. */
function acknowledgeOutput(
  outputs: ReadonlyArray<ReportOf<'output'>>,
  committed: readonly CommittedStream[],
  whole: ReadonlyMap<string, Uint8Array>,
): void {
  const committedBytes = new Map(
    committed.map((stream) => [streamKey(stream.executionId, stream.attempt, stream.stream), stream.committedBytes]),
  );
  const reached = new Map<string, { satellite: HeldSatellite; frame: ReportOf<'output'>['frame']; offset: number }>();
  for (const { satellite, frame } of outputs) {
    const key = streamKey(frame.executionId, frame.attempt, frame.stream);
    const offset = committedBytes.get(key) ?? Math.max(whole.get(key)?.length ?? 0, frame.offset + frame.data.length);
    reached.set(`${satellite.satelliteId} ${key}`, { satellite, frame, offset });
  }
  for (const { satellite, frame, offset } of reached.values()) {
    satellite.out.push({
      t: 'output-ack',
      executionId: frame.executionId,
      attempt: frame.attempt,
      stream: frame.stream,
      offset,
    });
  }
}

function streamKey(executionId: string, attempt: number, stream: OutputStream): string {
  return `${executionId} ${attempt} ${stream}`;
}
