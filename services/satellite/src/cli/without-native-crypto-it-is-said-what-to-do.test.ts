import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callSatellite, type SatelliteProcess, spawnSatellite } from '../fixtures/satellite-process.ts';
import { makeDispatch, startTestSite, type TestSite } from '../fixtures/test-site.ts';

let site: TestSite;
let satellite: SatelliteProcess | undefined;
/** Loaded before the satellite: as on a machine where the binding was never built. */
let unbuilt: { nodeOptions: string[] };

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  const { config } = await site.enrol();
  const preload = join(config.stateDirectory, 'unbuilt.cjs');
  writeFileSync(
    preload,
    `const Module = require('node:module');
     const load = Module._load;
     Module._load = function (request, ...rest) {
       if (request.endsWith('sshcrypto.node')) throw new Error('never built');
       return load.call(this, request, ...rest);
     };`,
  );
  unbuilt = { nodeOptions: ['--require', preload] };
});
afterAll(async () => {
  await satellite?.kill('SIGKILL');
  await site?.stop();
});

const whatToDo = /Install g\+\+, make and python3/;

it('it does not start, and says why; status says it too, before and after', async () => {
  const { config } = await site.enrol();
  const run = await callSatellite(['run', '--config', config.file], unbuilt);
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(whatToDo);
  expect(run.stderr).toContain('"nativeCryptoRequired": false');
  const status = await callSatellite(['status', '--config', config.file], unbuilt);
  expect(status.stdout).toMatch(whatToDo);
  expect((await callSatellite(['status', '--config', config.file])).stdout).not.toMatch(whatToDo);
});

it('it does not spend its join token either', async () => {
  const { config } = await site.enrol();
  const file = join(config.stateDirectory, 'another.json');
  const pin = `SHA256:${'A'.repeat(43)}`;
  const enroll = await callSatellite(
    ['enroll', '--url', 'http://127.0.0.1:1', '--token', 't', '--pin', pin, '--name', 'another', '--config', file],
    unbuilt,
  );
  expect(enroll.code).toBe(1);
  expect(enroll.stderr).toMatch(whatToDo);
  expect(existsSync(file)).toBe(false);
});

it('it works all the same when its operator has said yes to that, and log and status keep saying it', async () => {
  const { relay, config } = await site.enrol({ nativeCryptoRequired: false });
  satellite = await spawnSatellite(config, relay, unbuilt);
  const { frame, executionId } = await makeDispatch(site, 'hostname', [site.node('web-01').node]);
  relay.send(frame);
  expect((await relay.result(executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
  expect(satellite.logs()).toMatch(/"level":"warn".*Install g\+\+, make and python3/);
  const status = await callSatellite(['status', '--config', config.file], unbuilt);
  expect(status.stdout).toMatch(whatToDo);
  expect(status.code).toBe(0);
});
