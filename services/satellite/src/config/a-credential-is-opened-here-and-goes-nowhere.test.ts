import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCredential } from './read-credential.ts';
import { parseSatelliteConfig } from './satellite-config.ts';

const secret = '-----BEGIN OPENSSH PRIVATE KEY-----\nnobody may see this\n';
const environment = { RACK_KEY: secret, EMPTY: '' };
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sena-credentials-'));
  writeFileSync(join(directory, 'key'), secret, { mode: 0o600 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const open = (credential: object, name = 'default') => {
  const text = JSON.stringify({ credentials: { default: credential } });
  const { credentials } = parseSatelliteConfig(join(directory, 'satellite.json'), text);
  return readCredential(credentials, environment, name);
};

test('from a file, from this process’s environment, or by an agent that keeps it', () => {
  const key = { kind: 'private_key', privateKey: Buffer.from(secret) };
  expect(open({ privateKeyFile: 'key' })).toEqual(key);
  expect(open({ privateKeyVariable: 'RACK_KEY' })).toEqual(key);
  expect(open({ agent: 'agent.sock' })).toEqual({ kind: 'agent', socket: join(directory, 'agent.sock') });
});

test('what is missing is named with what to do, and never with what was found', () => {
  chmodSync(join(directory, 'key'), 0o644);
  for (const [credential, name, words] of [
    [{ privateKeyVariable: 'NOT_SET' }, 'default', /no NOT_SET.*Set it and start/],
    [{ privateKeyVariable: 'EMPTY' }, 'default', /no EMPTY/],
    [{ privateKeyFile: 'key' }, 'default', /chmod 600/],
    [{ privateKeyFile: 'gone' }, 'default', /ENOENT/],
    [{ privateKeyVariable: 'RACK_KEY' }, 'RACK_KEY', /no credential "RACK_KEY"/],
    [{ privateKeyVariable: 'RACK_KEY' }, '__proto__', /no credential/],
  ] as const) {
    const opened = open(credential, name);
    expect(opened).toMatchObject({ kind: 'missing', detail: expect.stringMatching(words) });
    expect(JSON.stringify(opened)).not.toContain('nobody may see this');
  }
});

test.each([
  ['a name that is none', { privateKeyVariable: 'NAME; rm' }],
  ['two places at once', { privateKeyVariable: 'RACK_KEY', privateKeyFile: 'key' }],
  ['the key itself', { privateKey: secret }],
])('%s is refused', (_what, credential) => {
  expect(() => open(credential)).toThrow(/not a valid satellite configuration/);
  expect(() => open(credential)).not.toThrow(/nobody may see this/);
});
