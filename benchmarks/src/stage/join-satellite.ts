// A satellite joins as a customer's does, by its own program: enroll with a join token, then run. Starts and ends its process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JoinToken, Satellite } from '@sena/contracts/http/fleet';
import { leaveNothing } from './leave-nothing.ts';
import type { Stage } from './open-stage.ts';

const program = path.resolve(import.meta.dirname, '..', '..', '..', 'services', 'satellite', 'src', 'main.ts');
const connectMs = 60_000;

export interface JoinedSatellite {
  readonly pid: number;
  /** SSH connections that it held at that time; what it says of itself is seconds old. */
  connections(): Promise<{ open: number; atMs: number }>;
  stop(): Promise<void>;
}

export interface JoinOptions {
  readonly siteId: string;
  readonly name: string;
  /** satellite.json, without what only this room knows. */
  readonly config: { credentials: object; limits: object };
  readonly knownHosts: string;
  readonly nodeOptions?: readonly string[];
}

export async function joinSatellite(stage: Stage, options: JoinOptions): Promise<JoinedSatellite> {
  const { siteId, name, config, knownHosts, nodeOptions = [] } = options;
  const directory = path.join(stage.directory, name);
  await mkdir(directory, { mode: 0o700 });
  const knownHostsFile = path.join(directory, 'known_hosts');
  await writeFile(knownHostsFile, knownHosts, { mode: 0o600 });
  const configFile = path.join(directory, 'satellite.json');
  await writeFile(configFile, JSON.stringify({ ...config, knownHostsFile }), { mode: 0o600 });
  const { token, dispatchKeyFingerprint } = await issueJoinToken(stage, siteId);
  const url = stage.stack.frontUrl;
  await untilExit(
    start([
      'enroll',
      '--url',
      url,
      '--token',
      token,
      '--pin',
      dispatchKeyFingerprint,
      '--name',
      name,
      '--config',
      configFile,
    ]),
  );
  const run = start(['run', '--config', configFile], nodeOptions);
  const stop = leaveNothing(async () => {
    if (run.exitCode !== null || run.signalCode !== null) return;
    run.kill('SIGTERM');
    await once(run, 'exit');
  });
  const deadlineMs = performance.now() + connectMs;
  for (;;) {
    const { items } = await stage.api.get<{ items: Satellite[] }>('/v1/satellites');
    if (items.some((satellite) => satellite.name === name && satellite.status === 'connected')) break;
    if (run.exitCode !== null || performance.now() > deadlineMs) {
      await stop();
      throw new Error(`Satellite ${name} does not connect. Its last words are above.`);
    }
    await sleep(100);
  }
  return {
    pid: run.pid ?? 0,
    async connections() {
      const status = await readFile(path.join(directory, 'satellite.state', 'status.json'), 'utf8');
      const { writtenAt, counts } = JSON.parse(status) as { writtenAt: string; counts: { connections: number } };
      return { open: counts.connections, atMs: Date.parse(writtenAt) };
    },
    stop,
  };
}

/** The signer makes the organization's first key at its leisure; until then there is nothing to pin. */
export async function issueJoinToken(stage: Stage, siteId: string): Promise<JoinToken> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await stage.api.post<JoinToken>(`/v1/sites/${siteId}/join-tokens`, {});
    } catch (error) {
      if (attempt > 100) throw error;
      await sleep(200);
    }
  }
}

function start(args: readonly string[], nodeOptions: readonly string[] = []) {
  // No variable of SENA: it lives from its directory. Its log goes where an operator's would: away from the terminal.
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...nodeOptions, program, ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function untilExit(child: ReturnType<typeof start>): Promise<void> {
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`satellite enroll ended with ${code}. Its last words are above.`);
}
