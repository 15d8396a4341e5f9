// What `satellite run` makes of itself before it opens anything.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SatelliteProcess, spawnSatellite } from '../fixtures/satellite-process.ts';
import { startTestSite, type TestSite } from '../fixtures/test-site.ts';

/** As on its own machine, where nobody shares code with it. */
const installed = { nodeOptions: ['--stack-trace-limit=20'], environment: {} };

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite(['web-01']);
});
afterAll(() => site?.stop());

const wordsOf = (satellite: SatelliteProcess) => readFileSync(`/proc/${satellite.pid}/cmdline`, 'utf8').split('\0');
const beginningOf = (satellite: SatelliteProcess) =>
  readFileSync(`/proc/${satellite.pid}/environ`, 'utf8')
    .split('\0')
    .find((entry) => entry.startsWith('SENA_SATELLITE_BEGINS='));

test('it is the process that was started, with a bounded young generation; the second start finds its code stripped', async () => {
  const { config, relay } = await site.enrol();
  const first = await spawnSatellite(config, relay, installed);
  expect(wordsOf(first)).toEqual(
    expect.arrayContaining(['--max-semi-space-size=1', '--stack-trace-limit=20', 'run', config.file]),
  );
  expect(beginningOf(first)).toBe('SENA_SATELLITE_BEGINS=second');
  const cache = join(config.stateDirectory, 'code-cache');
  expect(statSync(cache).mode & 0o777).toBe(0o700);
  expect(readdirSync(cache).filter((name) => name.endsWith('.db'))).toEqual([]);
  // Its own pid answers to signals: nothing stands between.
  expect(await first.kill('SIGTERM')).toBe(0);

  const again = await spawnSatellite(config, relay, installed);
  expect(beginningOf(again)).toBe('SENA_SATELLITE_BEGINS=first');
  expect(await again.kill('SIGTERM')).toBe(0);
});
