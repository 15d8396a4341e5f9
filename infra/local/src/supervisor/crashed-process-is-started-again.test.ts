import { eventually } from '@sena/testing/eventually';
import { afterEach, expect, test } from 'vitest';
import { silentReport } from '../report/report.ts';
import { smallService } from './fixtures/supervise-small-service.ts';
import { openSupervisor, type Supervisor } from './open-supervisor.ts';

let said: string[] = [];
let supervisor: Supervisor;
function open(): Supervisor {
  said = [];
  supervisor = openSupervisor({ report: silentReport((line) => said.push(line)), table: null });
  return supervisor;
}
afterEach(() => {
  supervisor.hurry();
  return supervisor.stop();
});

test('a killed process comes back, as another process, after the first delay', async () => {
  const service = smallService(open(), []);
  await service.whenReady();
  const first = service.pid();
  const killedAtMs = performance.now();
  service.kill('SIGKILL');
  await service.whenReady();
  expect(service.pid()).not.toBe(first);
  expect(service.startCount()).toBe(2);
  expect(performance.now() - killedAtMs).toBeGreaterThanOrEqual(500);
  expect(said).toContain('warn: small was ended by SIGKILL; it is started again in 0.5 s');
});

test('a process that ends again and again stays down for longer each time', async () => {
  const service = smallService(open(), ['--end-after-ms', '1']);
  await eventually('three ends', () => said.filter((line) => line.includes('ended with code 3')).length >= 3, {
    timeoutMs: 10_000,
  });
  expect(service.startCount()).toBe(3);
  const delays = said.flatMap((line) => /started again in ([\d.]+) s/.exec(line)?.[1] ?? []);
  expect(delays).toEqual(['0.5', '1', '2']);
});

test('a process that never becomes ready is given up at the third failure, with its last words', async () => {
  const service = open().supervise('service', {
    name: 'broken',
    command: () => [process.execPath, '-e', 'console.error("no database here"); process.exit(7)'],
    cwd: '/',
    env: {},
    untilReady: () => new Promise(() => undefined),
  });
  await expect(service.whenReady()).rejects.toThrow('broken ended with code 7. Its last lines:\n  no database here');
});

test('a program that does not exist is reported, not thrown', async () => {
  const service = open().supervise('service', {
    name: 'missing',
    command: () => ['/no/such/program'],
    cwd: '/',
    env: {},
    untilReady: () => new Promise(() => undefined),
  });
  await expect(service.whenReady()).rejects.toThrow(/^missing (ended with code|could not be started)/);
});

test('a process that is not ready in time is ended and started again', async () => {
  const service = smallService(open(), [], { readyTimeoutMs: 300, untilReady: () => new Promise(() => undefined) });
  const hopeless = expect(service.whenReady()).rejects.toThrow(
    /^small was not ready after 0\.3 s\. What it needs does not answer .* Mend that, then start again/,
  );
  await eventually('second start', () => service.startCount() === 2);
  expect(said).toContain('warn: small was not ready after 0.3 s; it is started again in 0.5 s');
  await hopeless;
});

test('restart does not wait for a delay and gets a new process', async () => {
  const service = smallService(open(), []);
  await service.whenReady();
  const first = service.pid();
  expect(await service.restart()).toEqual({ code: null, signal: 'SIGTERM' });
  expect(service.pid()).not.toBe(first);
  expect(said.filter((line) => line.startsWith('warn'))).toEqual([]);
});

test('restart says of one that did not end in time that it was ended by force', async () => {
  const service = smallService(open(), ['--ignore-term'], { stopTimeoutMs: 300 });
  await service.whenReady();
  expect(await service.restart()).toEqual({ code: null, signal: 'SIGKILL' });
});
