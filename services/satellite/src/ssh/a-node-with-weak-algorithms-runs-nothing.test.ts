import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { makeSshKey } from '@sena/lab/state/make-ssh-key';
import ssh2, { type ServerConfig } from 'ssh2';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { makeDispatch, startTestSite, type TestSatellite, type TestSite } from '../fixtures/test-site.ts';

let site: TestSite;
let test: TestSatellite;
let server: ssh2.Server | undefined;
let heard: string[];

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  test = await site.start();
});
afterEach(async () => {
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

const keys = {
  ed25519: makeSshKey('node').privateKey,
  rsa: generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey,
};

/** What became of a reading on a server that offers this and nothing else. */
async function runOn(key: string, algorithms: ServerConfig['algorithms']) {
  heard = [];
  const started = new ssh2.Server(
    { hostKeys: [key], ...(algorithms === undefined ? {} : { algorithms }) },
    (client) => {
      client.on('error', () => client.end());
      client.on('authentication', (context) => {
        heard.push('a login');
        context.accept();
      });
      client.on('session', (accept) => {
        accept().on('exec', () => heard.push('a command'));
      });
    },
  );
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const { port } = started.address() as AddressInfo;
  const { frame, executionId } = await makeDispatch(site, 'hostname', [
    { ...site.node('web-01').node, port, hostKey: null },
  ]);
  test.relay.send(frame);
  return (await test.relay.result(executionId)).outcome;
}

it.each<[what: string, key: keyof typeof keys, algorithms: NonNullable<ServerConfig['algorithms']>]>([
  ['diffie-hellman-group1-sha1', 'ed25519', { kex: ['diffie-hellman-group1-sha1'] }],
  ['diffie-hellman-group14-sha1', 'ed25519', { kex: ['diffie-hellman-group14-sha1'] }],
  ['host keys by ssh-rsa (SHA-1)', 'rsa', { serverHostKey: ['ssh-rsa'] }],
  ['3des-cbc', 'ed25519', { cipher: ['3des-cbc'] }],
  ['aes256-cbc', 'ed25519', { cipher: ['aes256-cbc'] }],
  ['hmac-md5', 'ed25519', { cipher: ['aes128-ctr'], hmac: ['hmac-md5'] }],
  ['hmac-sha1', 'ed25519', { cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] }],
  ['compression alone', 'ed25519', { compress: ['zlib'] }],
])(
  'a node that offers %s and nothing better is not logged in to, and the sentence says why',
  async (_what, key, algorithms) => {
    const outcome = await runOn(keys[key], algorithms);
    expect(outcome).toEqual({
      ...{ kind: 'not_started', reason: 'node_unreachable' },
      detail: expect.stringMatching(/offers no algorithm that SENA accepts \(.*no matching .*\)\. Update its sshd\./),
    });
    expect(heard).toEqual([]);
  },
);

it('the same node with what ssh2 offers by itself comes as far as its host key', async () => {
  expect(await runOn(keys.ed25519, undefined)).toMatchObject({ kind: 'not_started', reason: 'host_key_unknown' });
  expect(await runOn(keys.rsa, undefined)).toMatchObject({ kind: 'not_started', reason: 'host_key_unknown' });
});
