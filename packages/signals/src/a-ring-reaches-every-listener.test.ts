import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DoorbellData } from '@sena/contracts/doorbells';
import { newId } from '@sena/contracts/ids';
import { eventually } from '@sena/testing/eventually';
import { createTestDatabase } from '@sena/testing/postgres';
import { startRedis } from '@sena/testing/redis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openSignals, type Signals } from './open-signals.ts';
import type { SignalConnection } from './signal-connection.ts';

interface Server {
  connection: SignalConnection;
  /** Cuts all connections, as a restart does. */
  interrupt(): Promise<void>;
  stop(): Promise<void>;
}

async function postgresServer(): Promise<Server> {
  const database = await createTestDatabase();
  return {
    connection: { kind: 'postgres', url: database.urls.app },
    interrupt: () => database.disconnectAll(),
    stop: () => database.drop(),
  };
}

async function redisServer(): Promise<Server> {
  const redis = await startRedis();
  return {
    connection: { kind: 'redis', url: redis.url },
    interrupt: () => redis.startAgain(),
    stop: () => redis.stop(),
  };
}

describe.each([
  { backend: 'PostgreSQL', start: postgresServer },
  { backend: 'Redis', start: redisServer },
])('doorbells on $backend', ({ start }) => {
  let server: Server;
  const opened: Signals[] = [];
  const logged: Array<{ msg: string; level: number; err?: { message: string } }> = [];
  const logger = pino(
    new Writable({
      write: (line, _encoding, done) => {
        logged.push(JSON.parse(String(line)));
        done();
      },
    }),
  );

  async function open(): Promise<Signals> {
    const signals = await openSignals(server.connection, { logger });
    opened.push(signals);
    return signals;
  }

  beforeAll(async () => {
    server = await start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((signals) => signals.close()));
    logged.length = 0;
  });
  afterAll(() => server.stop());

  test('a ring reaches every listener of every process, with its data', async () => {
    const [ringer, first, second] = [await open(), await open(), await open()];
    const organization = newId('org');
    const heard: Array<[string, DoorbellData<'runEvents'>]> = [];
    await first.listen(organization, 'runEvents', (data) => void heard.push(['first', data]));
    await first.listen(organization, 'runEvents', (data) => void heard.push(['first again', data]));
    await second.listen(organization, 'runEvents', (data) => void heard.push(['second', data]));
    await ringer.ring(organization, 'runEvents', { runId: 'run_1', seq: 7 });
    await eventually('three listeners', () => heard.length === 3);
    expect(heard).toHaveLength(3);
    expect(Object.fromEntries(heard)).toEqual({
      first: { runId: 'run_1', seq: 7 },
      'first again': { runId: 'run_1', seq: 7 },
      second: { runId: 'run_1', seq: 7 },
    });
  });

  test('neither another organization nor another doorbell is heard', async () => {
    const signals = await open();
    const [mine, theirs] = [newId('org'), newId('org')];
    const heard: string[] = [];
    await signals.listen(mine, 'runEvents', ({ runId }) => void heard.push(runId));
    await signals.ring(theirs, 'runEvents', { runId: 'of another organization', seq: 1 });
    await signals.ring(mine, 'runCancelled', { runId: 'of another doorbell' });
    await signals.ring(mine, 'runEvents', { runId: 'mine', seq: 1 });
    await eventually('my ring, which was sent last', () => heard.includes('mine'));
    expect(heard).toEqual(['mine']);
  });

  test('identical rings at once are one, different ones are all heard', async () => {
    const signals = await open();
    const organization = newId('org');
    const heard: number[] = [];
    await signals.listen(organization, 'runEvents', ({ seq }) => void heard.push(seq));
    const rings = Array.from({ length: 50 }, () => signals.ring(organization, 'runEvents', { runId: 'run_1', seq: 1 }));
    await Promise.all([...rings, signals.ring(organization, 'runEvents', { runId: 'run_1', seq: 2 })]);
    await signals.ring(organization, 'runEvents', { runId: 'run_1', seq: 1 });
    await eventually('all', () => heard.length >= 3);
    expect(heard).toEqual([1, 2, 1]);
  });

  test('who has stopped listening hears nothing more, the others still do', async () => {
    const signals = await open();
    const organization = newId('org');
    const heard: string[] = [];
    const stop = await signals.listen(organization, 'satelliteRevoked', () => void heard.push('first'));
    await signals.listen(organization, 'satelliteRevoked', () => void heard.push('second'));
    await stop();
    await signals.ring(organization, 'satelliteRevoked', { satelliteId: 'sat_1' });
    await eventually('the second', () => heard.length > 0);
    expect(heard).toEqual(['second']);
  });

  test('hundreds of organizations share one connection', async () => {
    const [ringer, listener] = [await open(), await open()];
    const organizations = Array.from({ length: 300 }, () => newId('org'));
    const heard = new Set<string>();
    await Promise.all(
      organizations.map((id) => listener.listen(id, 'dispatchReady', ({ satelliteId }) => void heard.add(satelliteId))),
    );
    await Promise.all(organizations.map((id) => ringer.ring(id, 'dispatchReady', { satelliteId: id })));
    await eventually('300 rings', () => heard.size === 300);
  });

  test('after a lost connection each listener is told once to look, and hears again', async () => {
    const signals = await open();
    const organization = newId('org');
    const heard: number[] = [];
    let gaps = 0;
    await signals.listen(organization, 'runEvents', ({ seq }) => void heard.push(seq), { onGap: () => void gaps++ });
    expect(gaps).toBe(0);

    await server.interrupt();
    await eventually('the gap', () => gaps === 1, { timeoutMs: 10_000 });
    await signals.ready();

    let seq = 0;
    await eventually('a ring after it', async () => {
      await signals.ring(organization, 'runEvents', { runId: 'run_1', seq: ++seq });
      return heard.length > 0;
    });
    expect(gaps).toBe(1);
    expect(logged.filter((line) => line.msg.includes('the connection was lost'))).toHaveLength(1);
    expect(logged.filter((line) => line.msg === 'doorbells are heard again')).toHaveLength(1);
  });

  test('who starts to listen in a gap handler is heard too', async () => {
    const signals = await open();
    const organization = newId('org');
    const heard: string[] = [];
    let listening = false;
    await signals.listen(organization, 'runEvents', () => undefined, {
      onGap: async () => {
        await signals.listen(organization, 'runCancelled', ({ runId }) => void heard.push(runId));
        listening = true;
      },
    });
    await server.interrupt();
    await eventually('the second listener', () => listening, { timeoutMs: 10_000 });
    await eventually('a ring', async () => {
      await signals.ring(organization, 'runCancelled', { runId: 'run_1' });
      return heard.length > 0;
    });
  });

  test('a listener that throws is logged and does not silence the others', async () => {
    const signals = await open();
    const organization = newId('org');
    let heard = 0;
    await signals.listen(organization, 'runCancelled', () => {
      throw new Error('thrown at once');
    });
    await signals.listen(organization, 'runCancelled', () => Promise.reject(new Error('thrown later')));
    await signals.listen(organization, 'runCancelled', () => void heard++);
    await signals.ring(organization, 'runCancelled', { runId: 'run_1' });
    await eventually('the third', () => heard === 1);
    await eventually('both errors', () => logged.length === 2);
    expect(logged.map((line) => line.err?.message).sort()).toEqual(['thrown at once', 'thrown later']);
  });

  test('wrong data is logged and not sent, and the caller goes on', async () => {
    const signals = await open();
    const organization = newId('org');
    const heard: unknown[] = [];
    await signals.listen(organization, 'runCancelled', (data) => void heard.push(data));
    await signals.ring(organization, 'runCancelled', {
      runId: 'run_1',
      output: 'secret',
    } as DoorbellData<'runCancelled'>);
    await signals.ring(organization, 'runCancelled', { runId: 'run_2' });
    await eventually('the right ring', () => heard.length > 0);
    expect(heard).toEqual([{ runId: 'run_2' }]);
    expect(logged.map((line) => line.msg)).toEqual(['a doorbell was rung with the wrong data, it was not sent']);
  });

  test('close sends what was rung before it', async () => {
    const [ringer, listener] = [await open(), await open()];
    const organization = newId('org');
    const heard: string[] = [];
    await listener.listen(organization, 'runCancelled', ({ runId }) => void heard.push(runId));
    void ringer.ring(organization, 'runCancelled', { runId: 'run_1' });
    opened.splice(opened.indexOf(ringer), 1);
    await ringer.close();
    await eventually('the ring', () => heard.length === 1);
  });
});

test('while Redis is away ringing and listening fail nobody, ready says so, and all is well when it is back', async () => {
  const redis = await startRedis();
  const signals = await openSignals({ kind: 'redis', url: redis.url }, { logger: pino({ level: 'silent' }) });
  try {
    await redis.kill();
    await eventually('the loss is noticed', () =>
      signals
        .ready()
        .then(() => false)
        .catch(() => true),
    );
    const heard: string[] = [];
    let gaps = 0;
    await signals.ring('org_1', 'runCancelled', { runId: 'lost' });
    await signals.listen('org_1', 'runCancelled', ({ runId }) => void heard.push(runId), { onGap: () => void gaps++ });
    await sleep(100);
    await redis.startAgain();
    await eventually('the gap', () => gaps === 1, { timeoutMs: 10_000 });
    await eventually('a ring', async () => {
      await signals.ring('org_1', 'runCancelled', { runId: 'heard' });
      return heard.length > 0;
    });
    expect(heard).not.toContain('lost');
  } finally {
    await signals.close();
    await redis.stop();
  }
});

test.each([
  { kind: 'postgres', url: 'postgresql://sena_app:secret@127.0.0.1:1/sena', setting: 'DATABASE_URL' },
  { kind: 'redis', url: 'redis://:secret@127.0.0.1:1', setting: 'REDIS_URL' },
] as const)('a $kind server that is not there is a sentence that names the setting', async ({ kind, url, setting }) => {
  const opening = openSignals({ kind, url }, { logger: pino({ level: 'silent' }) });
  await expect(opening).rejects.toThrow(`Is their server up, and is ${setting} right?`);
  await expect(opening).rejects.toHaveProperty('cause.message', expect.stringContaining('ECONNREFUSED'));
});
