// For end-to-end tests: a satellite joins a site as a customer would let it, by its own program: enroll, then run.
// Starts and ends those processes, wherever `enter` puts them; spends one join token.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { JoinToken, Satellite } from '@sena/contracts/http/fleet';
import { eventually } from '@sena/testing/eventually';
import type { SenaApi } from './call-sena.ts';

const program = path.resolve(import.meta.dirname, '..', '..', 'services', 'satellite', 'src', 'main.ts');
const node = [process.execPath, '--disable-warning=ExperimentalWarning', program];

export interface JoinedSatellite {
  readonly id: string;
  /** Of `satellite run`, or of what `enter` put around it. */
  readonly pid: number;
  /** What it has logged, line by line. */
  log(): Array<{ level: number | string; msg: string; traceId?: string }>;
  /** False: the process has ended. */
  isUp(): boolean;
  /** SIGTERM: it drains, and says goodbye. */
  leave(): Promise<void>;
  /** SIGKILL. */
  stop(): Promise<void>;
}

export interface JoinOptions {
  api: SenaApi;
  siteId: string;
  /** Where the satellite finds SENA. */
  url: string;
  /** Argument prefix: runs it inside the site's network. */
  enter: string[];
  /** Empty; the satellite's own. */
  directory: string;
  /** satellite.json as its operator writes it. */
  config: object;
}

/** Resolves when the API shows it as connected. */
export async function joinSatellite({ api, siteId, url, enter, directory, config }: JoinOptions) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const configFile = path.join(directory, 'satellite.json');
  await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
  const name = path.basename(directory);
  const { token, dispatchKeyFingerprint } = await joinToken(api, siteId);
  const enroll = start([
    ...enter,
    ...node,
    ...['enroll', '--url', url, '--token', token, '--pin', dispatchKeyFingerprint],
    ...['--name', name, '--config', configFile],
  ]);
  const [code] = await enroll.ended;
  if (code !== 0) throw new Error(`satellite enroll ended with ${code}:\n${enroll.output()}`);

  const run = start([...enter, ...node, 'run', '--config', configFile]);
  const isUp = () => run.child.exitCode === null && run.child.signalCode === null;
  const end = async (signal: NodeJS.Signals) => {
    if (isUp()) run.child.kill(signal);
    await run.ended;
  };
  const leave = () => end('SIGTERM');
  const stop = () => end('SIGKILL');
  try {
    const { id } = await eventually(
      'the satellite is connected',
      async () => {
        if (!isUp()) throw new Error(`satellite run has ended:\n${run.output()}`);
        const { items } = await api.get<{ items: Satellite[] }>('/v1/satellites');
        return items.find((satellite) => satellite.name === name && satellite.status === 'connected');
      },
      { timeoutMs: 60_000, everyMs: 50 },
    );
    return {
      id,
      pid: run.child.pid ?? 0,
      isUp,
      leave,
      stop,
      log: () => readLines(run.output()),
    } satisfies JoinedSatellite;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The signer makes the organization's first key at its leisure; until then there is nothing to pin. */
async function joinToken(api: SenaApi, siteId: string): Promise<JoinToken> {
  return eventually(
    'there is a join token',
    async () => {
      const { status, body } = await api.post<JoinToken>(`/v1/sites/${siteId}/join-tokens`, {});
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body;
    },
    { timeoutMs: 15_000, everyMs: 100 },
  );
}

function start([file = '', ...args]: string[]): { child: ChildProcess; ended: Promise<unknown[]>; output(): string } {
  // No variable of SENA: it lives from its directory.
  const child = spawn(file, args, {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { child, ended: once(child, 'close'), output: () => output };
}

function readLines(output: string): ReturnType<JoinedSatellite['log']> {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
