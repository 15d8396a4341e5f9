import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type WitnessedCheckpoint, witnessedCheckpointSchema } from '@sena/contracts/domain/checkpoint';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { cosign, signCheckpoint } from '@sena/envelope/sign-checkpoint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSatelliteConfig } from '../config/satellite-config.ts';
import { openStateDirectory, type StateFiles } from '../config/state-directory.ts';
import { keepRefused, keepWitnessed } from '../witness/witness-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'sena-seen-'));
const config = join(directory, 'satellite.json');
const program = resolve(import.meta.dirname, '..', 'main.ts');
let state: StateFiles;
let witnessed: WitnessedCheckpoint;

beforeAll(async () => {
  writeFileSync(config, JSON.stringify({ credentials: {} }));
  state = openStateDirectory(loadSatelliteConfig(config).stateDirectory);
  const [signer, own] = [generateKeyPair(), generateKeyPair()];
  const at = '2026-01-01T00:00:00.000Z';
  const unsigned = {
    organizationId: 'org_1',
    size: 12_345,
    root: 'a'.repeat(64),
    headHash: 'b'.repeat(64),
    at,
    keyId: 'ckey_1',
  };
  const checkpoint = signCheckpoint(unsigned, signer.privateKey);
  const satellite = { satelliteId: 'sat_1', publicKey: own.publicKeySpki, privateKey: own.privateKey };
  const key = { keyId: 'ckey_1', publicKey: signer.publicKeySpki, certificate: 'jws' };
  witnessed = { v: 1, checkpoint, key, cosignature: cosign(checkpoint, satellite, new Date(at)) };
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const satellite = (...args: string[]) =>
  promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    program,
    ...args,
    '--config',
    config,
  ]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

test('what was seen last is shown; with a refusal it ends badly; put aside, it is kept and the next is believed', async () => {
  const none = await satellite('checkpoint');
  expect(none.code).not.toBe(0);
  expect(none.stderr).toContain('has seen no checkpoint yet');

  await keepWitnessed(state.witnessed, witnessed);
  const shown = await satellite('checkpoint', '--json');
  expect(shown.code, shown.stderr).toBe(0);
  expect(witnessedCheckpointSchema.parse(JSON.parse(shown.stdout))).toEqual(witnessed);
  expect((await satellite('checkpoint')).stdout).toMatch(/records: +12345\n/);

  const { checkpoint, key } = witnessed;
  const told = { checkpoint: { ...checkpoint, size: 1 }, key, proof: { fromSize: 0, hashes: [] } };
  await keepRefused(state.refusedCheckpoint, {
    v: 1,
    refusedAt: checkpoint.at,
    code: 'rolled_back',
    message: 'fewer',
    told,
    seen: witnessed,
  });
  const refused = await satellite('checkpoint', '--json');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/REFUSED .* \(rolled_back\): fewer\nThe evidence is/);
  // What was seen can still be taken along.
  expect(JSON.parse(refused.stdout)).toEqual(witnessed);
  expect((await satellite('status')).stdout).toContain('AUDIT REFUSED');

  expect((await satellite('checkpoint', '--forget')).code).toBe(0);
  const files = readdirSync(state.directory).filter((name) => name.startsWith('checkpoint'));
  expect(files.sort()).toEqual([
    expect.stringMatching(/^checkpoint-refused\.json\.2/),
    expect.stringMatching(/^checkpoint\.json\.2/),
  ]);
  expect((await satellite('checkpoint')).stderr).toContain('has seen no checkpoint yet');
}, 60_000);
