// A relay that is somebody else's says anything to a real satellite before real sshd hosts. The satellite hangs up where the protocol is broken,
// comes back, never ends, and runs nothing that was not signed for it. Entered by run-fuzz.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayFrame } from '@sena/contracts/frames';
import { decodeSatelliteFrames } from '@sena/tunnel/decode-frames';
import { encodeFrames } from '@sena/tunnel/encode-frames';
import { type WebSocket, WebSocketServer } from 'ws';
import { writeEnrolment } from '../../../services/satellite/src/config/enrolment.ts';
import { openStateDirectory } from '../../../services/satellite/src/config/state-directory.ts';
import { makeDispatch, startTestSite } from '../../../services/satellite/src/fixtures/test-site.ts';
import { seededRandom } from '../../faults/seeded-random.ts';
import { type MeasuredProcess, startMeasuredProcess } from '../world/start-measured-process.ts';
import { drawMessage, type FrameWords, type MessageBreak } from './draw-message.ts';
import type { TunnelFuzz } from './fuzz-relay.ts';
import { type FrameKind, relayFrames } from './sample-frames.ts';

const answerMsMax = 30_000;
/** Of a connection; the last one is mostly one that ends it. */
const messagesAConnection = 120;
/** What a satellite takes without hanging up, mostly. */
const taken: Partial<Record<MessageBreak, number>> = { none: 60, fragments: 8, pings: 6, 'many frames': 0.2 };

export interface SatelliteFuzz extends TunnelFuzz {
  readonly satellite: MeasuredProcess;
  /** Milliseconds since 1970: it has started, and has done its first work. */
  readonly measuredFromMs: number;
  stop(): Promise<void>;
}

export async function fuzzSatellite({
  seed,
  messages: messagesMin,
  stopAtMs,
  say,
}: {
  seed: number;
  messages: number;
  stopAtMs: number;
  say(line: string): void;
}): Promise<SatelliteFuzz> {
  const site = await startTestSite(['web-01']);
  const host = site.node('web-01');
  const { config, relay: unused } = await site.enrol();
  const problems: string[] = [];
  const byBreak: Record<string, number> = {};
  const byEnd: Record<string, number> = {};
  let messages = 0;
  let frames = 0;
  let connections = 0;
  let controls = 0;

  // The fixture's relay is polite; another one takes its place at the address that the satellite was enrolled with.
  await unused.stop();
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  await new Promise<void>((resolve) => http.listen(Number(new URL(unused.url).port), '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const state = openStateDirectory(config.stateDirectory);
  writeEnrolment(state.enrolment, {
    ...{
      url: 'http://127.0.0.1:1/',
      tunnelUrl: `ws://127.0.0.1:${port}/v1/tunnel`,
      ...site.ids,
      siteId: 'site_1',
      name: 'test',
    },
    enrolledAt: new Date().toISOString(),
    dispatchKeys: [{ keyId: 'dkey_1', publicKey: site.signer.publicKeySpki, fingerprint: site.signer.fingerprint }],
  });

  const arrivals: WebSocket[] = [];
  let arrived: (() => void) | null = null;
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    arrivals.push(socket);
    arrived?.();
  });
  async function nextConnection(): Promise<WebSocket | null> {
    const untilMs = performance.now() + answerMsMax;
    while (arrivals.length === 0 && performance.now() < untilMs) {
      await Promise.race([new Promise<void>((resolve) => (arrived = resolve)), sleep(200)]);
    }
    return arrivals.shift() ?? null;
  }

  const satellite = await startMeasuredProcess({
    name: 'satellite',
    program: ['services/satellite/src/main.ts', 'run', '--config', config.file],
    // As it was started: one that begins again would leave the channel of its measurements behind.
    environment: { SENA_SATELLITE_BEGINS: 'second' },
    isReady: (line) => (line.startsWith('{') || arrivals.length > 0 ? true : null),
  });

  const genuine = await makeDispatch(site, 'echo ran >> /tmp/forged', [host.node]);
  const [header = '', payload = '', signature = ''] = genuine.frame.envelope.split('.');
  const words: FrameWords = {
    envelope: [
      `${header}.${payload}.`,
      `${header}.${payload}.${'A'.repeat(signature.length)}`,
      'a.b.c',
      '',
      `${header}..${signature}`,
    ],
    dispatchId: [genuine.envelope.dispatchId, 'disp_x'],
    inquiryId: ['inq_x'],
    executionId: [genuine.executionId, 'e-1'],
    executionIds: [genuine.executionId, 'e-1'],
    satelliteId: [site.ids.satelliteId],
    organizationId: [site.ids.organizationId],
    nonce: ['n'.repeat(43)],
    relayId: ['relay-1'],
    code: ['x'],
    message: ['y'],
  };
  const welcome: Extract<RelayFrame, { t: 'welcome' }> = {
    t: 'welcome',
    protocol: 1,
    ...site.ids,
    siteId: 'site_1',
    connectionEpoch: 1,
    relayTimeMs: Date.now(),
  };
  // A refusal ends the connection for a minute, and a clock that is wrong for good stops all work: tried in unit tests.
  const spoken = relayFrames.filter(({ name }) => !['refused', 'challenge', 'welcome', 'clock'].includes(name));
  const heardOf = (socket: WebSocket, t: string) =>
    new Promise<boolean>((resolve) => {
      socket.on('message', (data: Buffer) => {
        if (decodeSatelliteFrames(data).some((frame) => frame.t === t)) resolve(true);
      });
      socket.once('close', () => resolve(false));
    });

  async function greet(socket: WebSocket): Promise<void> {
    socket.send(encodeFrames([{ t: 'challenge', nonce: 'n'.repeat(43), relayId: 'relay-1', protocols: [1] }]));
    await heardOf(socket, 'hello');
    // An acknowledgement counts as work done: the satellite comes back at once, and not ever later.
    const ack = { t: 'outcome-ack' as const, executionId: 'e-1', revision: 1 };
    if (socket.readyState === socket.OPEN) socket.send(encodeFrames([{ ...welcome, relayTimeMs: Date.now() }, ack]));
    if (socket.readyState === socket.OPEN) socket.send(encodeFrames([ack]));
  }

  async function control(): Promise<void> {
    const socket = await nextConnection();
    if (socket === null) return void problems.push('the satellite did not come back');
    const { frame, executionId } = await makeDispatch(site, 'hostname', [host.node]);
    const result = new Promise<boolean>((resolve) => {
      socket.on('message', (data: Buffer) => {
        for (const said of decodeSatelliteFrames(data)) {
          if (said.t === 'result' && said.result.executionId === executionId)
            resolve(said.result.outcome.kind === 'exited');
        }
      });
    });
    await greet(socket);
    socket.send(encodeFrames([frame]));
    const isRight = await Promise.race([result, sleep(answerMsMax, false, { ref: false })]);
    if (!isRight) problems.push(`the control did not run: ${satellite.lines.slice(-3).join(' | ')}`);
    controls += 1;
    socket.close();
  }

  await control();
  const measuredFromMs = Date.now();
  const teller = setInterval(
    () => say(`satellite: ${messages} messages in ${connections} connections, ${problems.length} problems`),
    10_000,
  );
  while (messages < messagesMin && performance.now() < stopAtMs && satellite.ended() === null) {
    const socket = await nextConnection();
    if (socket === null) {
      problems.push(
        `the satellite did not come back within ${answerMsMax} ms (seed ${seed}, connection ${connections})`,
      );
      break;
    }
    connections += 1;
    const random = seededRandom(seed, 'relay', connections);
    const closed = new Promise<void>((resolve) =>
      socket.once('close', (code) => {
        byEnd[code] = (byEnd[code] ?? 0) + 1;
        resolve();
      }),
    );
    const speak = (choices?: Partial<Record<MessageBreak, number>>, kinds: readonly FrameKind[] = spoken) => {
      const drawn = drawMessage(kinds, words, random, choices);
      messages += 1;
      frames += drawn.frames;
      byBreak[drawn.broken] = (byBreak[drawn.broken] ?? 0) + 1;
      if (socket.readyState === socket.OPEN) drawn.send(socket);
    };
    // Now and then before it has said who it is, in the frames of the handshake too.
    if (random.chance(0.02)) speak(undefined, relayFrames);
    else {
      await greet(socket);
      for (
        let count = random.between(1, messagesAConnection);
        count > 0 && socket.readyState === socket.OPEN;
        count -= 1
      )
        speak(taken);
      speak({
        fields: 10,
        bytes: 4,
        garbage: 2,
        text: 1,
        'fragments without end': 1,
        'many frames': 0.3,
        'deep values': 1,
        'wrong lengths': 2,
        oversized: 0.3,
        'websocket itself': 1,
      });
    }
    const isHeard = await Promise.race([
      closed.then(() => true),
      new Promise<boolean>((resolve) => {
        socket.once('pong', () => resolve(true));
        if (socket.readyState === socket.OPEN) socket.ping();
      }),
      sleep(answerMsMax, false, { ref: false }),
    ]);
    if (!isHeard)
      problems.push(`the satellite says nothing for ${answerMsMax} ms (seed ${seed}, connection ${connections})`);
    socket.terminate();
    await closed;
  }
  clearInterval(teller);
  await control();
  if (satellite.ended() !== null)
    problems.push(`the satellite ended (${satellite.ended()}): ${satellite.lines.slice(-5).join(' | ')}`);
  const unhandled = satellite.errors.get('a message of the relay could not be handled');
  if (unhandled !== undefined) problems.push(`the satellite logged ${unhandled.count} times: ${unhandled.first}`);
  if ((await host.onNode('ls /tmp')).includes('forged')) problems.push('a forged envelope ran');
  return {
    ...{ messages, frames, connections, byBreak, byEnd, controls, problems, satellite, measuredFromMs },
    async stop() {
      await satellite.stop();
      for (const client of server.clients) client.terminate();
      await new Promise<void>((resolve) => http.close(() => resolve()));
      await site.stop();
    },
  };
}
