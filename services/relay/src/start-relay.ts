// The relay, put together: accepts tunnels, carries dispatches down, records what comes up. Entered by main.ts and by tests.
import { inOrganization, openPool } from '@sena/db/tenant';
import { disconnectSatellites, findSatellitesByFingerprint, keepSessions } from '@sena/fleet/satellite-presence';
import { openQueue } from '@sena/queue/open-queue';
import { queueConnectionFrom } from '@sena/queue/queue-connection';
import { listSentExecutions } from '@sena/runs/execution/list-executions-to-cancel';
import { openSignals } from '@sena/signals/open-signals';
import { signalConnectionFrom } from '@sena/signals/signal-connection';
import { startHealthServer } from '@sena/telemetry/health-server';
import type { Logger } from '@sena/telemetry/logger';
import { acceptConnection, type ConnectionRooms, type EndedConnection } from './accept/accept-connection.ts';
import { gatherCalls } from './accept/gather-calls.ts';
import { serveTunnels } from './accept/serve-tunnels.ts';
import { type Known, takeSatellites } from './accept/take-satellite.ts';
import { startClosingRevoked } from './close-revoked.ts';
import { startCarryingDispatches } from './dispatch/carry-dispatches.ts';
import { startCarryingInquiries } from './dispatch/carry-inquiries.ts';
import { createLeavingDispatches } from './dispatch/order-cancels.ts';
import { pushCancel } from './dispatch/push-in-parts.ts';
import { askWhatIsKnown, listAllUnfinished, type Reconciliation } from './dispatch/reconcile-satellite.ts';
import type { RelayEnv } from './env.ts';
import { createHeldSatellites, type HeldSatellite } from './held-satellites.ts';
import { startCarryingDispatchKeys } from './keys/carry-dispatch-keys.ts';
import { listenForOrganizations } from './listen-for-organizations.ts';
import { type FrameRooms, receiveFrames } from './receive-frames.ts';
import { boundWaiting } from './results/bound-waiting.ts';
import { startRecorder } from './results/start-recorder.ts';
import { createPlacingRinger } from './ring-for-placing.ts';
import { createRunRinger } from './ring-runs.ts';
import { startCarryingSiteShares } from './share/carry-site-shares.ts';
import { type RelayTiming, usualTiming } from './timing.ts';
import { startWatchingSatellites } from './watch-satellites.ts';
import { startCarryingCheckpoints } from './witness/carry-checkpoints.ts';

const arrivalsTogether = 500;
/** One of a crowd waits so long for the others. */
const companyMs = 20;

export interface Relay {
  readonly port: number;
  /** Closes tunnels after what they reported is recorded and acknowledged. */
  stop(): Promise<void>;
}

export async function startRelay(env: RelayEnv, logger: Logger, timing: RelayTiming = usualTiming): Promise<Relay> {
  const relayId = env.RELAY_ID;
  const pool = openPool(env.DATABASE_URL, {
    max: 8,
    applicationName: 'sena-relay',
    onError: (error) => logger.warn({ err: error }, 'a database connection broke, the next query opens another'),
  });
  const queue = await openQueue(queueConnectionFrom(env), { logger });
  const signals = await openSignals(signalConnectionFrom(env), { logger });
  const held = createHeldSatellites();
  const leaving = createLeavingDispatches();
  let isDraining = false;
  const reconciliations = new WeakMap<HeldSatellite, Reconciliation>();
  const ringer = createRunRinger({ pool, queue, signals, logger });
  const ringForPlacing = createPlacingRinger({ queue, logger, isDraining: () => isDraining });
  const carrier = startCarryingDispatches({ pool, relayId, held, leaving, ringer, logger, timing });
  const inquiries = startCarryingInquiries({ pool, relayId, held, logger, timing });
  const checkpoints = startCarryingCheckpoints({ pool, held, logger, pollMs: timing.checkpointMs });
  const dispatchKeys = startCarryingDispatchKeys({ pool, held, logger, pollMs: timing.presenceMs });
  const shares = startCarryingSiteShares({
    ...{ pool, held, logger, timing },
    ring: ({ organizationId, siteId }) => void signals.ring(organizationId, 'siteShares', { siteId }),
  });
  const look = () => {
    carrier.look();
    inquiries.look();
  };
  const waiting = boundWaiting();
  const recorder = startRecorder({
    pool,
    logger,
    waiting,
    recorded(organizationId, news) {
      ringer.ring(organizationId, news);
      // Their executions are done: there is room in the window.
      carrier.look();
    },
  });
  const watch = startWatchingSatellites({ pool, relayId, held, leaving, logger, presenceMs: timing.presenceMs });
  const closing = startClosingRevoked({ pool, held, logger, pollMs: timing.revocationMs });
  const doorbells = listenForOrganizations(signals, logger, {
    dispatchReady: look,
    satelliteRevoked: () => {
      closing.look();
      return watch.check();
    },
    keysChanged: () => dispatchKeys.look(),
    siteShares: (organizationId, siteId) => shares.divideAgain(organizationId, siteId),
    runCancelled: (organizationId, runId) => tellOfCancel(organizationId, runId),
    gap: async () => {
      look();
      dispatchKeys.look();
      shares.look();
      closing.look();
      await watch.check();
    },
  });

  async function tellOfCancel(organizationId: string, runId: string): Promise<void> {
    const sent = await inOrganization(pool, organizationId, (transaction) => listSentExecutions(transaction, runId));
    await leaving.settled();
    for (const { satelliteId, executionIds, stop } of sent) {
      const satellite = held.find(satelliteId);
      if (satellite !== undefined) pushCancel(satellite, executionIds, stop);
    }
  }

  // After a restart all satellites come in the same moment.
  const identify = gatherCalls(
    arrivalsTogether,
    (fingerprints: readonly string[]) => findSatellitesByFingerprint(pool, fingerprints),
    () => 'of all organizations',
    companyMs,
  );
  const take = gatherCalls(
    arrivalsTogether,
    (known: readonly Known[]) => takeSatellites(pool, relayId, known),
    ({ identity }) => identity.organizationId,
  );
  const letGo = gatherCalls(
    arrivalsTogether,
    async (gone: readonly EndedConnection[]) => {
      const [first] = gone;
      if (first !== undefined) await disconnectSatellites(pool, first.organizationId, gone);
      return gone.map(() => undefined);
    },
    ({ organizationId }) => organizationId,
  );
  const keepSession = gatherCalls(
    arrivalsTogether,
    async (kept: ReadonlyArray<{ organizationId: string; satelliteId: string; counter: number }>) => {
      const [first] = kept;
      if (first !== undefined) await keepSessions(pool, first.organizationId, kept);
      return kept.map(() => undefined);
    },
    ({ organizationId }) => organizationId,
    companyMs,
  );
  const unfinishedOf = gatherCalls(
    arrivalsTogether,
    (satellites: readonly HeldSatellite[]) => listAllUnfinished(pool, satellites),
    ({ organizationId }) => organizationId,
  );

  const ready = () => Promise.all([pool.query('select 1'), queue.ready(), signals.ready()]);
  const health = await startHealthServer({ host: env.HOST, port: env.PORT, ready, logger });
  const reception: FrameRooms = {
    ...{ relayId, pool, logger, recorder, ringer, leaving, checkpoints, shares, reconciliations },
    keepSession({ organizationId, satelliteId }, counter) {
      // Lost, it shows it with its next hello.
      keepSession({ organizationId, satelliteId, counter }).catch((error: unknown) =>
        logger.warn({ err: error, satelliteId }, 'it could not be written that a session was kept'),
      );
    },
  };
  /** One object for all connections. */
  const rooms: ConnectionRooms = {
    ...{ relayId, logger, held, timing, waiting, identify, take, letGo },
    frames: (satellite, frames) => receiveFrames(reception, satellite, frames),
    locked(organizationId, satelliteId) {
      logger.error(
        { satelliteId },
        'a satellite is locked: its state directory exists twice, or was restored from a backup',
      );
      void signals.ring(organizationId, 'satelliteRevoked', { satelliteId });
    },
    async connected(satellite, { news, keySequence, isSiteLimited }) {
      // Its share waits for no doorbell, since nothing begins there before it is told. It comes before the question behind which it begins
      // what waited there.
      await Promise.all([doorbells.hold(satellite.organizationId), shares.arrived(satellite, isSiteLimited)]);
      // And once more, behind the doorbells: what was rung for before they were heard.
      if (isSiteLimited) void shares.changed(satellite);
      ringer.ring(satellite.organizationId, news);
      const unfinished = await unfinishedOf(satellite);
      const asked = askWhatIsKnown(satellite, unfinished);
      // Of most there is nothing to hear.
      if (asked.size > 0) reconciliations.set(satellite, asked);
      // What it is sent is signed with a key that it knows, whatever of this comes first.
      if (satellite.keys.sequence < keySequence) await dispatchKeys.tell([satellite]);
      carrier.lookFor(satellite);
      inquiries.lookFor(satellite);
      void ringForPlacing(satellite.organizationId);
    },
    async disconnected(satellite) {
      doorbells.release(satellite.organizationId);
      await watch.settled();
    },
    async left(satellite, leftNothingRunning) {
      const { organizationId, share } = satellite;
      const freed = leftNothingRunning && (share?.runningMax ?? null) !== null ? shares.changed(satellite) : null;
      await Promise.all([ringForPlacing(organizationId), freed]);
    },
    isDraining: () => isDraining,
  };
  const tunnels = serveTunnels(health.server, logger, (socket, stranger, address) =>
    acceptConnection(socket, stranger, address, rooms),
  );

  return {
    port: health.port,
    async stop() {
      const closed = health.close();
      isDraining = true;
      await carrier.stop();
      await inquiries.stop();
      await checkpoints.stop();
      await dispatchKeys.stop();
      await shares.stop();
      await recorder.stop();
      for (const satellite of held.all()) satellite.out.flush();
      await tunnels.stop(timing.closeMs);
      await closed;
      await watch.stop();
      await closing.stop();
      await doorbells.stop();
      await ringer.stop();
      await signals.close();
      await queue.close();
      await pool.end();
    },
  };
}
