// One batch of what satellites of an organization reported: one transaction, then the acknowledgements and the doorbells.
// Small output that arrived whole with its result goes into the outcome's row, the rest into chunks.
import type { OutputStream } from '@sena/contracts/domain/outcome';
import type { Actor } from '@sena/contracts/domain/principal';
import type { ExecutionResult } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { lockConnections } from '@sena/fleet/satellite-presence';
import { markDispatchesAcknowledged } from '@sena/runs/dispatch/mark-dispatches-acknowledged';
import { settleInquiries } from '@sena/runs/inquiry/claim-inquiries';
import { listMissingOutput } from '@sena/runs/output/list-missing-output';
import { type CommittedStream, recordOutput } from '@sena/runs/output/record-output';
import { type ResultRow, recordResults } from '@sena/runs/results/record-results';
import { recordStarts } from '@sena/runs/results/record-starts';
import type { RunNews } from '@sena/runs/results/ring-recorded-runs';
import { lockRunsOfDispatches, lockRunsOfExecutions } from '@sena/runs/run/lock-runs';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellite } from '../held-satellites.ts';
import { joinPieces, streamKey, takeWholeStreams } from './piece-streams.ts';
import { readRefusals } from './read-refusals.ts';
import type { Report, ReportOf } from './report.ts';
import { tellHole } from './tell-hole.ts';
import type { OutputWaits } from './wait-for-output.ts';

/** Returns what to ring for. Throws what PostgreSQL said; then nothing of the batch is stored and nothing acknowledged. */
export async function recordBatch(
  pool: Pool,
  organizationId: string,
  batch: readonly Report[],
  logger: Logger,
  outputWaits: OutputWaits,
): Promise<RunNews[]> {
  const outputs = batch.filter((report): report is ReportOf<'output'> => report.frame.t === 'output');
  const results = batch.filter((report): report is ReportOf<'result'> => report.frame.t === 'result');
  const starts = batch.filter((report): report is ReportOf<'started'> => report.frame.t === 'started');
  const acks = batch.filter((report): report is ReportOf<'dispatch-ack'> => report.frame.t === 'dispatch-ack');
  const answers = batch.filter((report): report is ReportOf<'inquiry-ack'> => report.frame.t === 'inquiry-ack');
  const spoken = [...acks, ...answers];
  const whole = takeWholeStreams(outputs, results, logger);
  const rows = results.map(({ satellite, frame }) => toRow(satellite, frame.result, whole));
  const pieces = joinPieces(
    outputs.filter(({ satellite, frame }) => !whole.has(streamKey(satellite, frame.executionId, frame))),
  );
  const told = [
    ...starts.map(({ frame }) => frame.executionId),
    ...results.map(({ frame }) => frame.result.executionId),
  ];
  // Results that bring everything with them: `recordResults` takes their runs itself, as the first thing.
  const isResultsAlone =
    pieces.length === 0 &&
    acks.every(({ frame }) => frame.accepted) &&
    rows.every(isWhole) &&
    withoutEnded(starts, rows).length === 0;

  const stored = await inOrganization(pool, organizationId, async (transaction) => {
    // What was said of a frame holds for the connection that carried it: over a later one it may have been taken. An end holds for ever.
    const isHeld = await lockConnections(
      transaction,
      spoken.map(({ satellite }) => satellite),
    );
    const refused = acks.filter(({ satellite, frame }) => !frame.accepted && isHeld(satellite));
    const takenNow = new Set(acks.filter(({ frame }) => frame.accepted).map(({ frame }) => frame.dispatchId));
    if (told.length > 0 && !isResultsAlone) await lockRunsOfExecutions(transaction, told);
    if (refused.length > 0)
      await lockRunsOfDispatches(
        transaction,
        refused.map(({ frame }) => frame.dispatchId),
      );
    const committed = await recordOutput(transaction, pieces);
    const refusals = await readRefusals(transaction, refused, takenNow);
    const missing = await listMissingOutput(transaction, rows);
    const waiting = new Set(missing.filter((hole) => outputWaits.mayWait(hole)).map(({ executionId }) => executionId));
    const complete = rows.filter((row) => !waiting.has(row.executionId)).map((row) => tellHole(row, missing));
    const started = await recordStarts(
      transaction,
      withoutEnded(starts, complete).map(({ satellite, frame }) => ({
        satelliteId: satellite.satelliteId,
        executionId: frame.executionId,
        attempt: frame.attempt,
        at: frame.at,
        bootId: frame.bootId,
      })),
    );
    const recorded = await recordResults(transaction, [...complete, ...refusals], actorOf(batch));
    await markDispatchesAcknowledged(
      transaction,
      acks
        .filter(({ satellite, frame }) => frame.accepted && isHeld(satellite))
        .map(({ satellite, frame }) => ({ satelliteId: satellite.satelliteId, dispatchId: frame.dispatchId })),
    );
    await settleInquiries(
      transaction,
      answers
        .filter(({ satellite }) => isHeld(satellite))
        .map(({ satellite, frame }) => ({
          satelliteId: satellite.satelliteId,
          inquiryId: frame.inquiryId,
          accepted: frame.accepted,
        })),
    );
    const late = spoken.filter(({ satellite }) => !isHeld(satellite));
    return { started, committed, recorded, missing, waiting, late };
  });

  for (const { satellite, frame } of stored.late) {
    const { satelliteId, connectionEpoch } = satellite;
    logger.info({ satelliteId, connectionEpoch, frame: frame.t }, 'a word over a former connection is passed over');
  }
  acknowledgeOutput(outputs, stored.committed, whole);
  for (const { satellite, frame } of results) {
    const { executionId, revision, attempt } = frame.result;
    if (stored.waiting.has(executionId)) {
      outputWaits.waitsAgain({ executionId, attempt });
      const { satelliteId } = satellite;
      logger.warn({ satelliteId, executionId }, 'output is missing before its result, the tunnel is opened anew');
      satellite.close(4400, 'output is missing');
      continue;
    }
    const holes = stored.missing.filter((hole) => hole.executionId === executionId);
    if (holes.length > 0)
      logger.error({ executionId, holes }, 'output never came whole, its result is recorded with what is stored of it');
    const hadWaited = outputWaits.end({ executionId, attempt });
    if (hadWaited && holes.length === 0)
      logger.info({ executionId }, 'a result that waited for its output is recorded');
    satellite.out.push({ t: 'outcome-ack', executionId, revision });
  }
  return [...stored.started.map((run) => ({ ...run, outboxId: null })), ...stored.recorded];
}

/** No byte that was kept is stored anywhere else. */
function isWhole({ stdoutInline, stderrInline, stdoutKeptBytes, stderrKeptBytes }: ResultRow): boolean {
  return (stdoutInline !== null || stdoutKeptBytes === 0) && (stderrInline !== null || stderrKeptBytes === 0);
}

/**
 * An outcome says itself when its attempt began: what ended within the batch needs no row of its own for that. Inquiries need the row, with the
 * boot in it, of what has no outcome: also where a result came and could not be recorded, or where another satellite told it.
 */
function withoutEnded(
  starts: ReadonlyArray<ReportOf<'started'>>,
  recorded: readonly ResultRow[],
): Array<ReportOf<'started'>> {
  const ended = new Set(recorded.map((row) => `${row.reporter} ${row.executionId} ${row.attempt}`));
  return starts.filter(
    ({ satellite, frame }) => !ended.has(`${satellite.satelliteId} ${frame.executionId} ${frame.attempt}`),
  );
}

/** The satellite, where one speaks; several are told apart by the rows. */
function actorOf(batch: readonly Report[]): Actor {
  const [satelliteId, ...others] = new Set(batch.map(({ satellite }) => satellite.satelliteId));
  return satelliteId === undefined || others.length > 0 ? 'service:relay' : `satellite:${satelliteId}`;
}

function toRow(satellite: HeldSatellite, result: ExecutionResult, whole: ReadonlyMap<string, Uint8Array>): ResultRow {
  const { outcome, executionId, attempt } = result;
  const inline = (stream: OutputStream) => whole.get(streamKey(satellite, executionId, { attempt, stream })) ?? null;
  return {
    ...result,
    reporter: satellite.satelliteId,
    // PostgreSQL's text can't hold NUL.
    outcome: outcome.kind === 'exited' ? outcome : { ...outcome, detail: outcome.detail.replaceAll('\u0000', '') },
    stdoutInline: inline('stdout'),
    stderrInline: inline('stderr'),
  };
}

/**
 * How far each stream is stored. A stream that is whole within its outcome needs no word of its own: the outcome's frees it. Bytes of executions
 * that are not this satellite's are acknowledged too: nobody will ever want them.
 */
function acknowledgeOutput(
  outputs: ReadonlyArray<ReportOf<'output'>>,
  committed: readonly CommittedStream[],
  whole: ReadonlyMap<string, Uint8Array>,
): void {
  const committedBytes = new Map(
    committed.map((stream) => [`${stream.executionId} ${stream.attempt} ${stream.stream}`, stream.committedBytes]),
  );
  const last = new Map(
    outputs.map((report) => [streamKey(report.satellite, report.frame.executionId, report.frame), report]),
  );
  for (const [key, { satellite, frame }] of last) {
    if (whole.has(key)) continue;
    const { executionId, attempt, stream } = frame;
    const offset = committedBytes.get(`${executionId} ${attempt} ${stream}`) ?? frame.offset + frame.data.length;
    satellite.out.push({ t: 'output-ack', executionId, attempt, stream, offset });
  }
}
