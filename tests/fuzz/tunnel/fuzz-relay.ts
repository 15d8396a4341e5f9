// Satellites with real keys say anything to a real relay. It closes their tunnels where they break the protocol, and never fails on it: other
// satellites, of the same organization and of another one, are heard and acknowledged all along. Entered by run-fuzz.
import { setTimeout as sleep } from 'node:timers/promises';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { writeDispatches } from '@sena/runs/dispatch/write-dispatches';
import { createRun } from '@sena/runs/run/create-run';
import { type SeededFleet, type SeededSatellite, seedFleet } from '@sena/testing/seed-fleet';
import { decodeRelayFrames } from '@sena/tunnel/decode-frames';
import { encodeFrames } from '@sena/tunnel/encode-frames';
import { WebSocket } from 'ws';
import {
  connect,
  helloOf,
  resultOf,
  type ScriptedSatellite,
} from '../../../services/relay/src/fixtures/scripted-satellite.ts';
import { type SeededRandom, seededRandom } from '../../faults/seeded-random.ts';
import type { FuzzCloud } from '../world/start-fuzz-cloud.ts';
import { drawMessage, type FrameWords, type MessageBreak, messageBreaks } from './draw-message.ts';
import { satelliteFrames } from './sample-frames.ts';

const hostileSatellites = 6;
const messagesAConnection = 12;
const controlEveryMs = 1_000;
const answerMsMax = 20_000;

export interface TunnelFuzz {
  readonly messages: number;
  readonly frames: number;
  readonly connections: number;
  readonly byBreak: Readonly<Record<string, number>>;
  /** How connections ended, by code. */
  readonly byEnd: Readonly<Record<string, number>>;
  readonly controls: number;
  readonly problems: readonly string[];
}

export async function fuzzRelay(
  cloud: FuzzCloud,
  {
    seed,
    messages: messagesMin,
    stopAtMs,
    say,
  }: { seed: number; messages: number; stopAtMs: number; say(line: string): void },
): Promise<TunnelFuzz> {
  const { port } = cloud.relay.ready;
  const pool = openPool(cloud.appUrl, { max: 2, applicationName: 'fuzz', onError: () => undefined });
  const hostile = await seedFleet(cloud.adminUrl, { nodes: 40, satellites: hostileSatellites + 1 });
  const other = await seedFleet(cloud.adminUrl, { nodes: 40, satellites: 1 });
  const problems: string[] = [];
  const byBreak: Record<string, number> = {};
  const byEnd: Record<string, number> = {};
  let messages = 0;
  let frames = 0;
  let connections = 0;
  let controls = 0;
  let isOver = false;
  const add = (counts: Record<string, number>, name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };

  /** Its own, somebody else's and nobody's. */
  const wordsFor = async (satellite: SeededSatellite): Promise<FrameWords> => {
    const own = await dispatchTo(pool, cloud, hostile, satellite);
    const foreign = await dispatchTo(pool, cloud, other, other.satellites[0] as SeededSatellite);
    const executionId = [
      ...own.executionIds,
      ...own.executionIds,
      ...foreign.executionIds.slice(0, 3),
      'e-1',
      '00000000-0000-0000-0000-000000000000',
    ];
    return { executionId, dispatchId: [own.dispatchId, own.dispatchId, foreign.dispatchId, 'disp_nobody'] };
  };

  async function beHostile(satellite: SeededSatellite, index: number): Promise<void> {
    for (let connection = 0; messages < messagesMin && performance.now() < stopAtMs; connection += 1) {
      const random = seededRandom(seed, 'tunnel', index, connection);
      const words = connection % 20 === 0 || known === null ? await wordsFor(satellite) : known;
      known = words;
      connections += 1;
      const end = await converse(satellite, words, random);
      add(byEnd, end.code);
      if (end.code === '1011')
        problems.push(
          `the relay failed (1011) on ${end.said} (seed ${seed}, satellite ${index}, connection ${connection})`,
        );
      if (end.code === 'silent')
        problems.push(
          `the relay says nothing for ${answerMsMax} ms after ${end.said} (seed ${seed}, satellite ${index}, connection ${connection})`,
        );
      if (cloud.relay.ended() !== null) return;
    }
  }
  let known: FrameWords | null = null;

  /** One connection: mostly a proper hello, then whatever comes to mind, until it is cut off or has said enough. */
  async function converse(
    satellite: SeededSatellite,
    words: FrameWords,
    random: SeededRandom,
  ): Promise<{ code: string; said: string }> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/tunnel`, { perMessageDeflate: false });
    const said: string[] = [];
    let code = '';
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => {
      socket.once('close', (closeCode) => {
        code = String(closeCode);
        resolve();
      });
    });
    const say = () => {
      const drawn = drawMessage(satelliteFrames, words, random);
      said.push(drawn.broken);
      messages += 1;
      frames += drawn.frames;
      add(byBreak, drawn.broken);
      if (socket.readyState === socket.OPEN) drawn.send(socket);
    };
    const challenge = await new Promise<{ nonce: string; relayId: string } | null>((resolve) => {
      void closed.then(() => resolve(null));
      socket.once('message', (data: Buffer) => {
        const [frame] = decodeRelayFrames(data);
        resolve(frame?.t === 'challenge' ? frame : null);
      });
    });
    if (challenge === null) return { code: code || 'no challenge', said: 'nothing' };
    if (random.chance(0.12)) say();
    if (socket.readyState === socket.OPEN) socket.send(encodeFrames([helloOf(satellite, challenge)]), () => undefined);
    for (
      let count = random.between(1, messagesAConnection);
      count > 0 && socket.readyState === socket.OPEN;
      count -= 1
    ) {
      say();
      if (random.chance(0.3)) await sleep(random.between(0, 10));
    }
    // Whatever was said is taken or refused: the relay answers a ping behind it.
    const answered = await Promise.race([
      closed.then(() => true),
      pong(socket),
      sleep(answerMsMax, false, { ref: false }),
    ]);
    if (code === '' && random.chance(0.5)) socket.close();
    else socket.terminate();
    const isOverNow = await Promise.race([closed.then(() => true), sleep(answerMsMax, false, { ref: false })]);
    if (!isOverNow) socket.terminate();
    return { code: answered && isOverNow ? code : 'silent', said: said.join(', ') };
  }

  /** One that says what is right, and is believed. */
  async function beGood(fleet: SeededFleet, satellite: SeededSatellite, who: string): Promise<void> {
    let tunnel: ScriptedSatellite | null = null;
    let left: string[] = [];
    while (!isOver) {
      if (left.length === 0) left = (await dispatchTo(pool, cloud, fleet, satellite)).executionIds;
      tunnel ??= await connect(port, satellite);
      const executionId = left.shift() as string;
      tunnel.send(resultOf(executionId));
      const startedAtMs = performance.now();
      for (;;) {
        const ack = await tunnel.next('outcome-ack', answerMsMax).catch(() => null);
        if (ack?.executionId === executionId) break;
        if (ack !== null && performance.now() - startedAtMs < answerMsMax) continue;
        problems.push(
          `${who} was not acknowledged within ${answerMsMax} ms; connected: ${(await isOpen(tunnel)) ? 'yes' : 'no'}`,
        );
        tunnel = null;
        break;
      }
      controls += 1;
      await sleep(controlEveryMs, undefined, { ref: false });
    }
    await tunnel?.close();
  }

  try {
    const good = Promise.all([
      beGood(hostile, hostile.satellites[hostileSatellites] as SeededSatellite, 'a satellite of the same organization'),
      beGood(other, other.satellites[0] as SeededSatellite, 'a satellite of another organization'),
    ]);
    const teller = setInterval(
      () => say(`relay: ${messages} messages in ${connections} connections, ${problems.length} problems`),
      10_000,
    );
    await Promise.all(hostile.satellites.slice(0, hostileSatellites).map(beHostile)).finally(() =>
      clearInterval(teller),
    );
    isOver = true;
    await good;
  } finally {
    isOver = true;
    await pool.end();
  }
  if (cloud.relay.ended() !== null)
    problems.push(`the relay ended (${cloud.relay.ended()}): ${cloud.relay.lines.slice(-5).join(' | ')}`);
  for (const message of [
    'a tunnel was closed, the relay failed on it',
    'reports could not be recorded, it is tried again',
  ]) {
    const logged = cloud.relay.errors.get(message);
    if (logged !== undefined) problems.push(`the relay logged ${logged.count} times: ${logged.first}`);
  }
  for (const name of Object.keys(messageBreaks) as MessageBreak[]) byBreak[name] ??= 0;
  return { messages, frames, connections, byBreak, byEnd, controls, problems };
}

async function isOpen(tunnel: ScriptedSatellite): Promise<boolean> {
  return Promise.race([tunnel.closed.then(() => false), sleep(10, true)]);
}

function pong(socket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const mark = Buffer.from('behind it all');
    socket.on('pong', (data) => {
      if (data.equals(mark)) resolve(true);
    });
    if (socket.readyState === socket.OPEN) socket.ping(mark, undefined, () => undefined);
  });
}

/** A run over all nodes of the fleet, carried by this satellite; its envelope is nobody's signature: the relay does not look. */
async function dispatchTo(
  pool: Pool,
  cloud: FuzzCloud,
  fleet: SeededFleet,
  satellite: SeededSatellite,
): Promise<{ dispatchId: string; executionIds: string[] }> {
  const { organizationId } = fleet;
  const dispatchId = await inOrganization(pool, organizationId, async (transaction) => {
    const requestedBy = {
      kind: 'member',
      organizationId,
      userId: 'user_asker',
      email: 'a@example.org',
      name: 'Asker',
      role: 'operator',
      scope: null,
      by: 'session',
      credentialId: null,
      key: null,
      keyPermissions: null,
    } as const;
    const texts = { prompt: null, command: 'uptime', runbook: null, selector: '*', traceparent: 'trace' };
    const { id } = await createRun(transaction, { kind: 'command', ...texts, requestedBy });
    const dispatch = {
      ...{
        step: 's1',
        satelliteId: satellite.id,
        shell: 'sh' as const,
        command: 'uptime',
        environment: {},
        readOnly: true,
        approvalId: null,
      },
      limits: { timeoutMs: 60_000, outputBytesMax: 1_048_576 },
      notBefore: new Date(Date.now() - 1_000),
      expiresAt: new Date(Date.now() + 3_600_000),
      nodes: fleet.nodes,
    };
    const written = await writeDispatches(transaction, id, [dispatch], { actor: 'service:fuzz', traceparent: null });
    return written.dispatchIds[0] as string;
  });
  await cloud.admin.query(
    `insert into dispatch_envelopes (dispatch_id, organization_id, key_id, jws) values ($1, $2, 'key', 'jws')`,
    [dispatchId, organizationId],
  );
  const found = await cloud.admin.query<{ id: string }>('select id::text from executions where dispatch_id = $1', [
    dispatchId,
  ]);
  return { dispatchId, executionIds: found.rows.map((row) => row.id) };
}
