// Coalesces what satellites report into batches, one organization's batches one after the other, so that order holds.
// Nothing is acknowledged before its commit; while PostgreSQL is away, reports wait here up to their bound, and the sockets are not read.
import type { Pool } from '@sena/db/tenant';
import type { RunNews } from '@sena/runs/results/ring-recorded-runs';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellite } from '../held-satellites.ts';
import type { Waiting } from './bound-waiting.ts';
import { countRefusals } from './count-refusals.ts';
import { recordBatch } from './record-batch.ts';
import { recordUnreadable } from './record-unreadable.ts';
import type { Report, ReportOf } from './report.ts';
import { createOutputWaits } from './wait-for-output.ts';

/** What `recordResults` takes at once. */
const batchResultsMax = 2_000;
const batchReportsMax = 10_000;
const batchBytesMax = 8 * 1024 * 1024;
/** Of a report, besides its output. */
const reportBytes = 512;
const retryFirstMs = 200;
const retryMaxMs = 5_000;

export interface Recorder {
  /** Takes them in once there is room; resolves then. */
  push(organizationId: string, reports: readonly Report[]): Promise<void>;
  /** Records what is waiting, then ends. */
  stop(): Promise<void>;
}

interface Lane {
  reports: Report[];
  draining: Promise<void> | null;
}

export function startRecorder(options: {
  pool: Pool;
  logger: Logger;
  waiting: Waiting;
  /** After the commit. */
  recorded(organizationId: string, news: readonly RunNews[]): void;
}): Recorder {
  const { pool, logger, waiting, recorded } = options;
  const lanes = new Map<string, Lane>();
  /** Connections of which something could not be stored: what follows on them would hide the hole. */
  const refused = new WeakSet<HeldSatellite>();
  const outputWaits = createOutputWaits();
  const refusals = countRefusals();
  let isStopping = false;

  function laneOf(organizationId: string): Lane {
    const lane = lanes.get(organizationId) ?? { reports: [], draining: null };
    lanes.set(organizationId, lane);
    return lane;
  }

  function keepDraining(organizationId: string, lane: Lane): void {
    lane.draining ??= drain(organizationId, lane).finally(() => {
      lane.draining = null;
      // Something may have come in since the last look.
      if (lane.reports.length > 0) keepDraining(organizationId, lane);
      else lanes.delete(organizationId);
    });
  }

  async function drain(organizationId: string, lane: Lane): Promise<void> {
    // One turn of the event loop lets what arrived together be recorded together.
    await new Promise((resolve) => setImmediate(resolve));
    while (lane.reports.length > 0) {
      const batch = takeBatch(lane);
      const unreadable = batch.filter((report) => isUnreadable(report));
      await recordOrRetry(
        organizationId,
        batch.filter((report) => !isUnreadable(report)),
      );
      for (const { satellite, frame } of unreadable) await recordEndAlone(organizationId, satellite, frame);
      waiting.take(organizationId, bytesOfAll(batch));
    }
  }

  async function recordOrRetry(organizationId: string, reports: readonly Report[]): Promise<void> {
    const heard = reports.filter(({ satellite }) => !refused.has(satellite));
    for (const report of heard) if (refusals.isPassedOver(report)) passOver(report);
    const batch = heard.filter((report) => !refusals.isPassedOver(report));
    if (batch.length === 0) return;
    const refusal = await untilAnswered(batch.length, async () =>
      recorded(organizationId, await recordBatch(pool, organizationId, batch, logger, outputWaits)),
    );
    if (refusal !== null) await recordApart(organizationId, batch, refusal.cause);
  }

  /** Tries until PostgreSQL has answered: null, or why it will never take it. */
  async function untilAnswered(reports: number, attempt: () => Promise<void>): Promise<{ cause: unknown } | null> {
    for (let retryMs = retryFirstMs; ; retryMs = Math.min(retryMs * 2, retryMaxMs)) {
      try {
        await attempt();
        return null;
      } catch (error) {
        if (isRefusal(error)) return { cause: error };
        logger.error({ err: error, reports, retryMs }, 'reports could not be recorded, it is tried again');
        // Unacknowledged: the satellites report again to whoever comes next.
        if (isStopping) return null;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /**
   * PostgreSQL refuses something in the batch: halves it until that one report stands alone. A result is then recorded as unknown. The
   * tunnel of anything else is dropped, so that it comes again; if it is refused then too, time after time, it is passed over.
   */
  async function recordApart(organizationId: string, batch: readonly Report[], cause: unknown): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      const { satelliteId } = only.satellite;
      const { frame } = only;
      if (frame.t === 'result') {
        const { executionId } = frame.result;
        logger.error({ err: cause, satelliteId, executionId }, 'a result can not be stored, it is recorded as unknown');
        return await recordEndAlone(organizationId, only.satellite, frame.result);
      }
      if (refusals.mayComeAgain(only)) return dropTunnel(only.satellite, frame.t, cause);
      logger.error(
        { err: cause, satelliteId, frame: frame.t },
        'a report is refused time after time, it is passed over',
      );
      return passOver(only);
    }
    const middle = batch.length >> 1;
    await recordOrRetry(organizationId, batch.slice(0, middle));
    await recordOrRetry(organizationId, batch.slice(middle));
  }

  /** That it is over, and not how. */
  async function recordEndAlone(
    organizationId: string,
    satellite: HeldSatellite,
    end: { executionId: string; revision: number; attempt: number },
  ): Promise<void> {
    if (refused.has(satellite)) return;
    const refusal = await untilAnswered(1, async () =>
      recorded(organizationId, await recordUnreadable(pool, organizationId, satellite, end)),
    );
    if (refusal !== null) dropTunnel(satellite, 'result', refusal.cause);
  }

  /** Output of which a part can't be stored is freed at its satellite, and its result is told with what is stored: as cut. */
  function passOver({ satellite, frame }: Report): void {
    if (frame.t !== 'output') return;
    const { executionId, attempt, stream, offset, data } = frame;
    outputWaits.giveUp({ executionId, attempt });
    satellite.out.push({ t: 'output-ack', executionId, attempt, stream, offset: offset + data.length });
  }

  function dropTunnel(satellite: HeldSatellite, frame: string, cause: unknown): void {
    const { satelliteId } = satellite;
    logger.error({ err: cause, satelliteId, frame }, 'a report can not be stored, its tunnel is closed');
    refused.add(satellite);
    satellite.close(4400, 'report refused');
  }

  return {
    async push(organizationId, reports) {
      await waiting.enter(organizationId, bytesOfAll(reports));
      const lane = laneOf(organizationId);
      lane.reports.push(...reports);
      keepDraining(organizationId, lane);
    },
    async stop() {
      isStopping = true;
      while (lanes.size > 0) await Promise.all([...lanes.values()].map((lane) => lane.draining));
    },
  };
}

function isUnreadable(report: Report): report is ReportOf<'unreadable-result'> {
  return report.frame.t === 'unreadable-result';
}

function takeBatch(lane: Lane): Report[] {
  let bytes = 0;
  let count = 0;
  let results = 0;
  for (const report of lane.reports) {
    if (count >= batchReportsMax || results >= batchResultsMax || bytes >= batchBytesMax) break;
    if (report.frame.t === 'result') results += 1;
    bytes += bytesOf(report);
    count += 1;
  }
  return lane.reports.splice(0, count);
}

function bytesOfAll(reports: readonly Report[]): number {
  return reports.reduce((sum, report) => sum + bytesOf(report), 0);
}

function bytesOf(report: Report): number {
  return reportBytes + (report.frame.t === 'output' ? report.frame.data.length : 0);
}

/** Classes 22 (data) and 23 (constraints): the same rows will be refused again. */
function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('22') || code.startsWith('23');
}
