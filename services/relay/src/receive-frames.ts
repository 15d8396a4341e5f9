// What a connected satellite says, to the room it is for: answers to the reconciliation are acted on, reports are recorded.
// Entered by accept-connection, one message at a time.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { outputPieceBytesMax, type SatelliteFrame } from '@sena/contracts/frames';
import type { Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import type { UnreadableReport } from '@sena/tunnel/decode-frames';
import { FrameError } from '@sena/tunnel/frame-error';
import type { LeavingDispatches } from './dispatch/order-cancels.ts';
import { actOnAnswer, type Reconciliation } from './dispatch/reconcile-satellite.ts';
import type { HeldSatellite } from './held-satellites.ts';
import { changeIdentity } from './identity/change-identity.ts';
import { receiveKeyAnswer } from './keys/receive-key-answer.ts';
import type { Report } from './results/report.ts';
import type { Recorder } from './results/start-recorder.ts';
import type { RunRinger } from './ring-runs.ts';
import type { SiteShareCarrier } from './share/carry-site-shares.ts';
import type { CheckpointCarrier } from './witness/carry-checkpoints.ts';
import { receiveWitness } from './witness/receive-witness.ts';

/** A message may hold tens of thousands, and each may be a line in the log: others get their turn in between. */
const framesATurn = 500;

export interface FrameRooms {
  readonly relayId: string;
  readonly pool: Pool;
  readonly logger: Logger;
  readonly recorder: Recorder;
  readonly ringer: RunRinger;
  readonly leaving: LeavingDispatches;
  readonly checkpoints: CheckpointCarrier;
  /** It holds the session of this connection on disk. */
  keepSession(satellite: HeldSatellite, counter: number): void;
  readonly shares: Pick<SiteShareCarrier, 'kept'>;
  /** Of each connection. */
  readonly reconciliations: WeakMap<HeldSatellite, Reconciliation>;
}

/** Throws FrameError for what a connected satellite may not say. Resolves when there is room for more. */
export async function receiveFrames(
  rooms: FrameRooms,
  satellite: HeldSatellite,
  frames: ReadonlyArray<SatelliteFrame | UnreadableReport>,
): Promise<void> {
  const reports: Report[] = [];
  for (const [index, frame] of frames.entries()) {
    if (index > 0 && index % framesATurn === 0) await nextTurn();
    switch (frame.t) {
      case 'hello':
        throw new FrameError('malformed_frame', 'A connection has one hello.');
      case 'reconciled':
        await reconcile(rooms, satellite, frame);
        break;
      case 'dispatch-ack': {
        const { dispatchId, accepted, code, message } = frame;
        const { satelliteId } = satellite;
        if (!accepted)
          rooms.logger.warn({ satelliteId, dispatchId, code, reason: message }, 'a satellite refused a dispatch');
        reports.push({ satellite, frame });
        break;
      }
      case 'inquiry-ack': {
        const { inquiryId, accepted, code, message } = frame;
        const { satelliteId } = satellite;
        if (!accepted)
          rooms.logger.warn({ satelliteId, inquiryId, code, reason: message }, 'a satellite refused an inquiry');
        reports.push({ satellite, frame });
        break;
      }
      case 'session-kept':
        rooms.keepSession(satellite, frame.counter);
        break;
      case 'site-share-kept':
        rooms.shares.kept(satellite, frame.sequence);
        break;
      case 'dispatch-keys-followed':
      case 'dispatch-keys-refused':
        await receiveKeyAnswer(rooms, satellite, frame);
        break;
      case 'change-identity':
        await changeIdentity(rooms, satellite, frame);
        break;
      case 'checkpoint-cosigned':
      case 'checkpoint-refused':
        await receiveWitness(rooms, satellite, frame);
        break;
      case 'output':
        if (frame.data.length > outputPieceBytesMax)
          throw new FrameError('oversized_frame', `A piece of output has at most ${outputPieceBytesMax} bytes.`);
        reports.push({ satellite, frame });
        break;
      case 'started':
      case 'result':
        reports.push({ satellite, frame });
        break;
      case 'unreadable-start':
        // Nothing waits for it, and the end will be told.
        refuseReport(rooms, satellite, frame);
        break;
      case 'unreadable-result':
        refuseReport(rooms, satellite, frame);
        reports.push({ satellite, frame });
        break;
    }
  }
  if (reports.length > 0) await rooms.recorder.push(satellite.organizationId, reports);
}

/** By its name, and no other: the tunnel stays. */
function refuseReport({ logger }: FrameRooms, satellite: HeldSatellite, frame: UnreadableReport): void {
  const { executionId, problem } = frame;
  const { satelliteId } = satellite;
  logger.error({ satelliteId, executionId, problem }, 'a report of a satellite is not valid, the others are taken');
  const message = `${problem} It was about execution ${executionId}. Update this satellite or its relay: they do not mean the same.`;
  satellite.out.push({ t: 'refused', code: 'report_unreadable', message });
}

async function reconcile(
  { pool, logger, ringer, leaving, reconciliations }: FrameRooms,
  satellite: HeldSatellite,
  frame: Extract<SatelliteFrame, { t: 'reconciled' }>,
): Promise<void> {
  const asked = reconciliations.get(satellite);
  if (asked === undefined || asked.size === 0) {
    const { satelliteId } = satellite;
    logger.warn({ satelliteId, executions: frame.executions.length }, 'an answer that nobody asked for is passed over');
    return;
  }
  ringer.ring(satellite.organizationId, await actOnAnswer(pool, leaving, satellite, asked, frame));
}
