// Signers as processes of their own. One is told to stop (SIGTERM: a deploy) while it signs; the next one finds what is left.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Bench, openBench } from '@sena/runs/fixtures/open-bench';
import { eventually } from '@sena/testing/eventually';
import { afterEach, beforeEach, expect, it } from 'vitest';

const patient = { timeoutMs: 60_000, everyMs: 50 };
const masterKey = randomBytes(32).toString('base64');
const lockKey = 4_711;

let bench: Bench;
let processes: ChildProcess[];
let dispatchIds: string[];

beforeEach(async () => {
  processes = [];
  bench = await openBench();
  dispatchIds = [];
  // Whoever saves envelopes waits for a lock that the test holds.
  await bench.admin.query(`
    create function sena.hold_envelope() returns trigger language plpgsql security definer as $$
    begin
      perform pg_advisory_xact_lock_shared(${lockKey});
      return new;
    end $$;
    create trigger hold_envelope before insert on dispatch_envelopes for each row execute function sena.hold_envelope()`);
  await bench.admin.query('select pg_advisory_lock($1)', [lockKey]);
}, 60_000);
afterEach(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(processes.map(async (child) => isThere(child) && once(child, 'exit')));
  await bench.close();
}, 60_000);

const isThere = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

interface SignerProcess {
  /** Resolves with the exit code, or the signal. */
  readonly ended: Promise<number | string | null>;
  isThere(): boolean;
  /** Resolves when it has logged this. */
  says(text: string): Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
}

function start(): SignerProcess {
  const { urls } = bench.database;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      ...{
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        PORT: '0',
        MASTER_KEY: masterKey,
      },
      ...{ DATABASE_URL: urls.signer, QUEUE_DATABASE_URL: urls.queue, PUBLIC_URL: 'http://localhost:4700/' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  let log = '';
  child.stdout?.on('data', (data) => {
    log += data;
  });
  return {
    ended: once(child, 'exit').then(([code, signal]) => code ?? signal),
    isThere: () => isThere(child),
    says: (text) => eventually(`it says that ${text}`, () => log.includes(text), patient),
    kill: (signal) => void child.kill(signal),
  };
}

/** Of an organization of their own. */
async function writeDispatches(count: number): Promise<void> {
  const fleet = await bench.seedFleet({ nodes: 1 });
  for (let index = 0; index < count; index += 1) {
    dispatchIds.push(await bench.writeDispatch(fleet, await bench.createRun(fleet)));
  }
}

/** Resolves when a signer is in the middle of its transaction. */
async function isHeld(): Promise<void> {
  await eventually(
    'a signature is under way',
    async () =>
      (
        await bench.admin.query(`select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted`, [
          lockKey,
        ])
      ).rowCount === 1,
    patient,
  );
}

const letGo = () => bench.admin.query('select pg_advisory_unlock($1)', [lockKey]);

async function signedIds(): Promise<string[]> {
  const found = await bench.admin.query<{ id: string }>('select dispatch_id as id from dispatch_envelopes order by id');
  return found.rows.map(({ id }) => id);
}

/** One envelope and one audit record each, and no outcome. */
async function expectEachSignedOnce(): Promise<void> {
  await eventually('all are signed', async () => (await signedIds()).length === dispatchIds.length, patient);
  expect(await signedIds()).toEqual(dispatchIds.toSorted());
  const audit = await bench.admin.query<{ id: string }>(
    `select subject as id from audit_events where action in ('dispatch.signed', 'dispatch.refused') order by id`,
  );
  expect(audit.rows.map(({ id }) => id)).toEqual(dispatchIds.toSorted());
  expect((await bench.admin.query('select 1 from outcomes')).rowCount).toBe(0);
}

it('what it is signing is committed before it ends, it begins nothing more, and the next one signs the rest', async () => {
  const former = start();
  await former.says('signer signs');
  await writeDispatches(1);
  await isHeld();
  await writeDispatches(3);
  former.kill('SIGTERM');
  await former.says('signer stops');
  expect(former.isThere()).toBe(true);
  expect(await signedIds()).toEqual([]);
  await letGo();
  expect(await former.ended).toBe(0);
  expect(await signedIds()).toEqual(dispatchIds.slice(0, 1));
  start();
  await expectEachSignedOnce();
}, 120_000);

it('one that is killed because it took too long has signed nothing of it, and the next one, there already, signs all', async () => {
  const former = start();
  await former.says('signer signs');
  await writeDispatches(4);
  await isHeld();
  former.kill('SIGTERM');
  await former.says('signer stops');
  start();
  former.kill('SIGKILL');
  expect(await former.ended).toBe('SIGKILL');
  await letGo();
  await expectEachSignedOnce();
}, 120_000);
