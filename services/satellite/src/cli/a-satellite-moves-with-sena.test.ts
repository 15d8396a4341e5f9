import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { readEnrolment } from '../config/enrolment.ts';
import { openStateDirectory } from '../config/state-directory.ts';
import { callSatellite, type SatelliteProcess, spawnSatellite } from '../fixtures/satellite-process.ts';
import { makeDispatch, startTestSite, type TestSite } from '../fixtures/test-site.ts';

let site: TestSite;
let satellite: SatelliteProcess | undefined;
beforeAll(async () => {
  site = await startTestSite(['web-01']);
});
afterAll(() => site?.stop());
afterEach(() => satellite?.kill('SIGKILL'));

it('at the new address it is who it was, and works', async () => {
  const { config } = await site.enrol();
  const { relay } = await site.enrol();
  const { enrolment: file } = openStateDirectory(config.stateDirectory);
  const before = readEnrolment(file);
  const { host } = new URL(relay.url);
  const moved = await callSatellite(['move', '--config', config.file, '--url', `http://${host}/`]);
  expect(moved).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`looks for SENA at http://${host} from now on`),
  });
  expect(readEnrolment(file)).toEqual({ ...before, url: `http://${host}/`, tunnelUrl: relay.url });

  satellite = await spawnSatellite(config, relay);
  const { frame, executionId } = await makeDispatch(site, 'hostname', [site.node('web-01').node]);
  relay.send(frame);
  expect((await relay.result(executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
});

it('not while it runs, and nowhere without TLS', async () => {
  const { relay, config } = await site.enrol();
  const { enrolment: file } = openStateDirectory(config.stateDirectory);
  const before = readEnrolment(file);
  const plain = await callSatellite(['move', '--config', config.file, '--url', 'http://sena.example.com']);
  expect(plain).toMatchObject({ code: 1, stderr: expect.stringContaining('without TLS') });
  satellite = await spawnSatellite(config, relay);
  const busy = await callSatellite(['move', '--config', config.file, '--url', 'https://sena.example.com']);
  expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining('Stop it first') });
  expect(readEnrolment(file)).toEqual(before);
});
