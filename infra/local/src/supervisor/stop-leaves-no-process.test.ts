import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@sena/testing/eventually';
import { expect, test } from 'vitest';
import { silentReport } from '../report/report.ts';
import { smallService } from './fixtures/supervise-small-service.ts';
import { openSupervisor } from './open-supervisor.ts';
import { processIdentity } from './process-identity.ts';

const quiet = () => openSupervisor({ report: silentReport(), table: null });

test('a process and what it started are gone when stop resolves', async () => {
  const supervisor = quiet();
  const service = smallService(supervisor, ['--with-child']);
  await service.whenReady();
  const pids = [service.pid(), Number(service.lines[0]?.split(' ')[1])].map(Number);
  expect(pids.map(processIdentity)).not.toContain(null);
  await supervisor.stop();
  await eventually('the group is gone', () => pids.every((pid) => processIdentity(pid) === null));
  expect(service.pid()).toBe(null);
});

test('a process that ignores the polite signal is ended by force, in bounded time', async () => {
  const supervisor = quiet();
  const service = smallService(supervisor, ['--ignore-term'], { stopTimeoutMs: 300 });
  await service.whenReady();
  const pid = Number(service.pid());
  const startedAtMs = performance.now();
  await supervisor.stop();
  expect(performance.now() - startedAtMs).toBeLessThan(3_000);
  expect(processIdentity(pid)).toBe(null);
  expect(service.lines).toContain('not now');
});

test('a second Ctrl-C does not wait for the polite end', async () => {
  const supervisor = quiet();
  const service = smallService(supervisor, ['--ignore-term'], { stopTimeoutMs: 60_000 });
  await service.whenReady();
  const stopped = supervisor.stop();
  await eventually('the polite signal', () => service.lines.includes('not now'));
  supervisor.hurry();
  await stopped;
  expect(service.pid()).toBe(null);
});

test('stopping while it waits to be started again does not start it again', async () => {
  const supervisor = quiet();
  const service = smallService(supervisor, []);
  await service.whenReady();
  service.kill('SIGKILL');
  await eventually('it is down', () => service.pid() === null);
  await supervisor.stop();
  expect(service.startCount()).toBe(1);
  expect(() => smallService(supervisor, [])).toThrow('small is not started: SENA is stopping.');
});

test('layers are stopped from the last to the first', async () => {
  const supervisor = quiet();
  const order: string[] = [];
  const watched = (layer: 'database' | 'service' | 'satellite') => {
    const service = supervisor.supervise(layer, {
      name: layer,
      command: () => ['sleep', '600'],
      cwd: '/',
      env: { PATH: process.env.PATH ?? '' },
      untilReady: () => Promise.resolve(),
    });
    const stop = service.stop;
    return Object.assign(service, {
      stop: async () => {
        order.push(`${layer} stops`);
        await stop();
        order.push(`${layer} is gone`);
      },
    });
  };
  await Promise.all([watched('database'), watched('service'), watched('satellite')].map((each) => each.whenReady()));
  await supervisor.stop();
  expect(order).toEqual(['satellite', 'service', 'database'].flatMap((name) => [`${name} stops`, `${name} is gone`]));
});

test('the database is stopped only after our own work on it has ended, unless someone is in a hurry', async () => {
  for (const hurry of [false, true]) {
    const supervisor = quiet();
    const database = supervisor.supervise('database', {
      name: 'database',
      command: () => ['sleep', '600'],
      cwd: '/',
      env: { PATH: process.env.PATH ?? '' },
      untilReady: () => Promise.resolve(),
    });
    await database.whenReady();
    let wasUp: boolean | null = null;
    const work = supervisor.usesDatabase(
      sleep(300).then(() => {
        wasUp = database.pid() !== null;
      }),
    );
    const stopped = supervisor.stop();
    if (hurry) supervisor.hurry();
    await stopped;
    await work;
    expect(wasUp).toBe(!hurry);
  }
});
