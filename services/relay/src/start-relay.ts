// The relay, put together: accepts tunnels, carries dispatches down, records what comes up. Entered by main.ts and by tests.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, openPool } from '@sena/db/tenant';
import { openQueue } from '@sena/queue/open-queue';
import { queueConnectionFrom } from '@sena/queue/queue-connection';
import { listSentExecutions } from '@sena/runs/reconcile-dispatches';
import { ringOutbox } from '@sena/runs/ring-outbox';
import { openSignals } from '@sena/signals/open-signals';
import { signalConnectionFrom } from '@sena/signals/signal-connection';
import type { Logger } from '@sena/telemetry/logger';
import { messageBytesMax } from '@sena/tunnel/encode-frames';
import { FrameError } from '@sena/tunnel/frame-error';
import { WebSocketServer } from 'ws';
import { acceptConnection } from './accept/accept-connection.ts';
import { startCarryingDispatches } from './dispatch/carry-dispatches.ts';
import { actOnAnswer, askWhatIsKnown, type Reconciliation } from './dispatch/reconcile-satellite.ts';
import type { RelayEnv } from './env.ts';
import { createHeldSatellites, type HeldSatellite } from './held-satellites.ts';
import { listenForOrganizations } from './listen-for-organizations.ts';
import type { RecordedBatch, Report } from './results/record-batch.ts';
import { startRecorder } from './results/start-recorder.ts';
import { startWatchingSatellites } from './watch-satellites.ts';

export interface Relay {
  readonly port: number;
  /** Closes tunnels after what they reported is recorded. */
  stop(): Promise<void>;
}

export async function startRelay(env: RelayEnv, logger: Logger): Promise<Relay> {
  const pool = openPool(env.DATABASE_URL, {
    max: 8,
    applicationName: 'sena-relay',
    onError: (error) => logger.warn({ err: error }, 'a database connection broke, the next query opens another'),
  });
  const queue = await openQueue(queueConnectionFrom(env), { logger });
  const signals = await openSignals(signalConnectionFrom(env), { logger });
  const held = createHeldSatellites();
  const reconciliations = new WeakMap<HeldSatellite, Reconciliation>();

  const carrier = startCarryingDispatches({ pool, relayId: env.RELAY_ID, held, signals, logger });
  const recorder = startRecorder({ pool, logger, recorded: ringFor });
  const watch = startWatchingSatellites({ pool, held, logger });
  const doorbells = listenForOrganizations(signals, logger, {
    dispatchReady: () => carrier.look(),
    satelliteRevoked: () => watch.check(),
    runCancelled: (organizationId, runId) => tellOfCancel(organizationId, runId),
    gap: async () => {
      carrier.look();
      await watch.check();
    },
  });

  function ringFor(organizationId: string, batch: RecordedBatch): void {
    for (const run of batch.runs) {
      void signals.ring(organizationId, 'runEvents', { runId: run.runId, seq: run.eventSeq });
      if (run.outboxId === null) continue;
      ringOutbox(pool, queue.add, organizationId, run.outboxId).catch((error: unknown) => {
        logger.warn({ err: error, runId: run.runId }, 'a run could not be woken now, the sweeper will');
      });
    }
    carrier.look();
  }

  async function tellOfCancel(organizationId: string, runId: string): Promise<void> {
    const sent = await inOrganization(pool, organizationId, (transaction) => listSentExecutions(transaction, runId));
    for (const { satelliteId, executionIds } of sent) held.find(satelliteId)?.out.push({ t: 'cancel', executionIds });
  }

  async function handleFrames(satellite: HeldSatellite, frames: SatelliteFrame[]): Promise<void> {
    const reports: Report[] = [];
    for (const frame of frames) {
      switch (frame.t) {
        case 'hello':
          throw new FrameError('malformed_frame', 'A connection has one hello.');
        case 'reconciled': {
          const reconciliation = reconciliations.get(satellite);
          if (reconciliation === undefined) throw new FrameError('malformed_frame', 'Nothing was asked.');
          reconciliations.delete(satellite);
          const runs = await actOnAnswer(pool, satellite, reconciliation, frame);
          ringFor(satellite.organizationId, { runs });
          break;
        }
        case 'dispatch-ack':
          if (!frame.accepted) {
            const { dispatchId, code, message } = frame;
            logger.warn(
              { satelliteId: satellite.satelliteId, dispatchId, code, message },
              'a satellite refused a dispatch',
            );
          }
          reports.push({ satellite, frame });
          break;
        case 'started':
        case 'output':
        case 'result':
          reports.push({ satellite, frame });
          break;
      }
    }
    if (reports.length > 0) await recorder.push(satellite.organizationId, reports);
  }

  const server = http.createServer((request, response) => {
    void answerHealth(request.url ?? '', response);
  });
  async function answerHealth(url: string, response: http.ServerResponse): Promise<void> {
    if (url === '/healthz') return void response.writeHead(200).end('alive\n');
    if (url !== '/readyz') return void response.writeHead(404).end();
    try {
      await Promise.all([pool.query('select 1'), queue.ready(), signals.ready()]);
      response.writeHead(200).end('ready\n');
    } catch (error) {
      logger.warn({ err: error }, 'not ready');
      response.writeHead(503).end('not ready\n');
    }
  }

  const tunnels = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => {
    const path = new URL(request.url ?? '/', 'http://relay').pathname;
    // Satellites are not browsers: a page has nothing to do here.
    if (path !== '/v1/tunnel' || request.headers.origin !== undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    tunnels.handleUpgrade(request, socket, head, (webSocket) =>
      acceptConnection(webSocket, {
        pool,
        relayId: env.RELAY_ID,
        logger,
        held,
        frames: handleFrames,
        async connected(satellite, journalLost) {
          await doorbells.hold(satellite.organizationId);
          const reconciliation = await askWhatIsKnown(pool, satellite, journalLost);
          if (reconciliation !== null) reconciliations.set(satellite, reconciliation);
          carrier.look();
        },
        disconnected: (satellite) => doorbells.release(satellite.organizationId),
      }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(env.PORT, env.HOST, resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      await carrier.stop();
      for (const tunnel of tunnels.clients) tunnel.close(1012, 'the relay restarts');
      await recorder.stop();
      await closedAll(tunnels);
      await watch.stop();
      await doorbells.stop();
      await signals.close();
      await queue.close();
      await pool.end();
    },
  };
}

/** Tunnels that do not answer the close within 2 s are cut. */
async function closedAll(tunnels: WebSocketServer): Promise<void> {
  const deadlineMs = Date.now() + 2_000;
  while (tunnels.clients.size > 0 && Date.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const tunnel of tunnels.clients) tunnel.terminate();
  // Their close handlers still write who left.
  await new Promise((resolve) => setTimeout(resolve, 50));
}
