// Thousands of tunnels on one relay: what each costs in memory, and how soon all are back after the relay was killed, in turns with a bare
// WebSocket server.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '@sena/local/supervisor/find-free-port';
import { collectGarbage } from '../measure/collect-garbage.ts';
import { cpuSeconds, residentBytes } from '../measure/process-usage.ts';
import { median, spread } from '../measure/statistics.ts';
import { loadAverage, writeResult } from '../measure/write-result.ts';
import { addSatellites, addSite, settleStatistics } from '../stage/arrange-fleet.ts';
import { openStage, type Stage } from '../stage/open-stage.ts';
import { type Child, startChild } from '../stage/start-child.ts';
import type { AllUp, TunnelsSettings } from '../stage/tunnels-main.ts';

const settleMs = 3_000;

export interface TunnelsOptions {
  tunnels: number;
  repetitions: number;
  profileDirectory: string | null;
}

interface Back {
  readonly afterListening: number[];
  readonly afterKill: number[];
  readonly failed: number[];
  /** They came in turns: after garbage was collected, and before. */
  bytesEach: number;
  looseBytesEach: number;
  /** They came at once; after garbage was collected. */
  crowdBytesEach: number;
  readonly cpu: number[];
}

const nothingYet = (): Back => ({
  afterListening: [],
  afterKill: [],
  failed: [],
  bytesEach: Number.NaN,
  looseBytesEach: Number.NaN,
  crowdBytesEach: Number.NaN,
  cpu: [],
});

export async function measureTunnels(options: TunnelsOptions): Promise<void> {
  const { tunnels, repetitions, profileDirectory } = options;
  const loadBefore = loadAverage();
  const stage = await openStage({ profileDirectory });
  const [sena, bare] = [nothingYet(), nothingYet()];
  const children: Child[] = [];
  const hold = (settings: TunnelsSettings): Child => {
    const child = startChild(path.join(import.meta.dirname, '..', 'stage', 'tunnels-main.ts'));
    children.push(child);
    child.tell(settings);
    return child;
  };
  try {
    const siteId = await addSite(stage, 'hall');
    const identities = await addSatellites(stage, siteId, tunnels);
    await settleStatistics(stage);
    const relayPort = portOfRelay(stage);

    await collectGarbage(relayPid(stage));
    const relayBefore = residentBytes(relayPid(stage));
    const ofSena = hold({
      host: '127.0.0.1',
      port: relayPort,
      satellites: identities.map(({ publicKey, privateKey }) => ({
        publicKey,
        privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      })),
    });
    const first = await ofSena.next<AllUp>();
    console.log(`SENA: ${tunnels} tunnels in ${first.sinceListeningSeconds.toFixed(2)} s`);
    await sleep(settleMs);
    sena.looseBytesEach = (residentBytes(relayPid(stage)) - relayBefore) / tunnels;
    await collectGarbage(relayPid(stage));
    sena.bytesEach = (residentBytes(relayPid(stage)) - relayBefore) / tunnels;

    const barePort = await findFreePort();
    let peer = await startBare(barePort);
    children.push(peer);
    await collectGarbage(peer.pid);
    const peerBefore = residentBytes(peer.pid);
    const ofBare = hold({ host: '127.0.0.1', port: barePort, satellites: identities.map(() => null) });
    await ofBare.next<AllUp>();
    await sleep(settleMs);
    bare.looseBytesEach = (residentBytes(peer.pid) - peerBefore) / tunnels;
    await collectGarbage(peer.pid);
    bare.bytesEach = (residentBytes(peer.pid) - peerBefore) / tunnels;

    await stage.forget();
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      stage.stack.processes.relay.kill('SIGKILL');
      note(sena, await ofSena.next<AllUp>(), cpuSeconds(relayPid(stage)));
      await sleep(settleMs);
      await peer.kill();
      peer = await startBare(barePort);
      children.push(peer);
      note(bare, await ofBare.next<AllUp>(), cpuSeconds(peer.pid));
      await sleep(settleMs);
      if (repetition === repetitions - 1) {
        await collectGarbage(relayPid(stage));
        sena.crowdBytesEach = (residentBytes(relayPid(stage)) - relayBefore) / tunnels;
        await collectGarbage(peer.pid);
        bare.crowdBytesEach = (residentBytes(peer.pid) - peerBefore) / tunnels;
      }
      console.log(
        `restart ${repetition + 1}: SENA ${sena.afterListening.at(-1)?.toFixed(2)} s, bare ${bare.afterListening.at(-1)?.toFixed(2)} s`,
      );
    }
  } catch (error) {
    stage.showComplaints();
    throw error;
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await stage.close();
  }
  const ratio = (own: readonly number[], peer: readonly number[]) =>
    spread(
      own.map((value, index) => value / (peer[index] ?? Number.NaN)),
      2,
    );
  await writeResult({
    name: 'tunnels',
    title: `${tunnels} tunnels on one relay`,
    command: `tunnels --tunnels ${tunnels} --repetitions ${repetitions}`,
    about: [
      `${tunnels} satellites of one organization hold a tunnel each to one relay, without TLS: challenge, Ed25519 hello, welcome. They come 100 at a time. Memory is the growth of the`,
      'relay’s resident memory by all of them, garbage collected before and after, divided; once more after the last restart, when all had come at once. Then the relay is killed and started again by its supervisor: all connect at once,',
      'as a satellite does after 125 to 250 ms, until the last is welcome. The peer is a `ws` server that greets nobody: until the last socket is open.',
    ],
    loadBefore,
    tables: [
      {
        heading: 'Memory of a tunnel',
        columns: ['what', 'KiB each', 'target', 'before garbage was collected', 'KiB each, all at once'],
        rows: [
          ['SENA’s relay', kib(sena.bytesEach), '≤ 12', kib(sena.looseBytesEach), kib(sena.crowdBytesEach)],
          ['bare ws', kib(bare.bytesEach), '', kib(bare.looseBytesEach), kib(bare.crowdBytesEach)],
        ],
      },
      {
        heading: 'All back: median (lowest–highest)',
        columns: [
          'what',
          'seconds since it listens again',
          'against bare ws',
          'target',
          'seconds since the kill',
          'CPU seconds of the server',
          'closed on the way',
        ],
        rows: [
          [
            'SENA’s relay',
            spread(sena.afterListening, 2),
            ratio(sena.afterListening, bare.afterListening),
            '≤ 1.5',
            spread(sena.afterKill, 2),
            spread(sena.cpu, 2),
            String(median(sena.failed)),
          ],
          [
            'bare ws',
            spread(bare.afterListening, 2),
            '1',
            '',
            spread(bare.afterKill, 2),
            spread(bare.cpu, 2),
            String(median(bare.failed)),
          ],
        ],
      },
    ],
    notes: [],
  });
}

const kib = (bytes: number) => (bytes / 1_024).toFixed(1);

function note(back: Back, up: AllUp, cpu: number): void {
  back.afterListening.push(up.sinceListeningSeconds);
  back.afterKill.push(up.sinceCutSeconds ?? Number.NaN);
  back.failed.push(up.failed);
  back.cpu.push(cpu);
}

async function startBare(port: number): Promise<Child> {
  const child = startChild(path.join(import.meta.dirname, '..', 'bare', 'bare-relay-main.ts'));
  child.tell({ port });
  await child.next();
  return child;
}

function relayPid(stage: Stage): number {
  const pid = stage.stack.processes.relay.pid();
  if (pid === null) throw new Error('The relay is down.');
  return pid;
}

/** Straight to the relay: the local front is not what is measured. */
function portOfRelay(stage: Stage): number {
  const environment = readFileSync(`/proc/${relayPid(stage)}/environ`, 'utf8').split('\0');
  return Number(environment.find((entry) => entry.startsWith('PORT='))?.slice('PORT='.length));
}
