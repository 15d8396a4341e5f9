// Pieces of output put together: streams that are whole within one batch, and neighbours that become one row. Entered by record-batch. Pure,
// but for the log.
import { hash as hashOf } from 'node:crypto';
import type { OutputStream } from '@sena/contracts/domain/outcome';
import { outputPieceBytesMax } from '@sena/contracts/frames';
import type { OutputPiece } from '@sena/runs/output/record-output';
import { inlineBytesMax } from '@sena/runs/results/record-results';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellite } from '../held-satellites.ts';
import type { ReportOf } from './report.ts';

/** Streams of at most 4 KiB that are complete within this batch, by stream key. */
export function takeWholeStreams(
  outputs: ReadonlyArray<ReportOf<'output'>>,
  results: ReadonlyArray<ReportOf<'result'>>,
  logger: Logger,
): Map<string, Uint8Array> {
  const byStream = Map.groupBy(outputs, ({ satellite, frame }) => streamKey(satellite, frame.executionId, frame));
  const whole = new Map<string, Uint8Array>();
  for (const { satellite, frame } of results) {
    const { result } = frame;
    // What is unknown may be followed by a revision that goes on where this one ended: its output is in pieces, which both show.
    if (result.outcome.kind === 'unknown') continue;
    for (const stream of ['stdout', 'stderr'] as const) {
      const kept = stream === 'stdout' ? result.stdoutKeptBytes : result.stderrKeptBytes;
      const hash = stream === 'stdout' ? result.stdoutSha256 : result.stderrSha256;
      if (kept > inlineBytesMax) continue;
      const key = streamKey(satellite, result.executionId, { attempt: result.attempt, stream });
      const bytes = assemble(
        (byStream.get(key) ?? []).map((piece) => piece.frame),
        kept,
      );
      if (bytes === null) continue;
      if (hash !== null && sha256Of(bytes) !== hash) {
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

const sha256OfNothing = hashOf('sha256', '');

/** Most commands write nothing to one of their streams. */
function sha256Of(bytes: Uint8Array): string {
  return bytes.length === 0 ? sha256OfNothing : hashOf('sha256', bytes);
}

const nothing = Buffer.alloc(0);

/** Pieces from offset 0 to `length` without a gap, or null. */
function assemble(pieces: ReadonlyArray<{ offset: number; data: Uint8Array }>, length: number): Uint8Array | null {
  if (length === 0) return nothing;
  const bytes = Buffer.alloc(length);
  let filled = 0;
  for (const piece of [...pieces].sort((a, b) => a.offset - b.offset)) {
    if (piece.offset > filled) return null;
    bytes.set(piece.data.subarray(0, Math.max(0, length - piece.offset)), Math.min(piece.offset, length));
    filled = Math.max(filled, piece.offset + piece.data.length);
  }
  return filled >= length ? bytes : null;
}

/** Neighbouring pieces of a stream become one row of up to 256 KiB. */
export function joinPieces(outputs: ReadonlyArray<ReportOf<'output'>>): OutputPiece[] {
  const joined: OutputPiece[] = [];
  const byStream = Map.groupBy(outputs, ({ satellite, frame }) => streamKey(satellite, frame.executionId, frame));
  for (const reports of byStream.values()) {
    let open: { piece: OutputPiece; parts: Uint8Array[]; bytes: number } | null = null;
    for (const { satellite, frame } of reports) {
      if (
        open !== null &&
        frame.offset === open.piece.offset + open.bytes &&
        open.bytes + frame.data.length <= outputPieceBytesMax
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

export function streamKey(
  satellite: HeldSatellite,
  executionId: string,
  { attempt, stream }: { attempt: number; stream: OutputStream },
): string {
  return `${satellite.satelliteId} ${executionId} ${attempt} ${stream}`;
}
