import { appendFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDispatch, startTestSite, type TestSatellite, type TestSite } from '../fixtures/test-site.ts';
import { fetchHostKey } from './fetch-host-key.ts';
import { hostKeyFingerprint, trustHostKey } from './known-hosts.ts';

let site: TestSite;
let test: TestSatellite;
let host: { address: string; port: number };

beforeAll(async () => {
  site = await startTestSite(['web-01', 'web-02']);
  test = await site.start();
  host = site.node('web-01').node;
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

async function run(hostKey: string | null) {
  const { frame, executionId } = await makeDispatch(site, 'hostname', [{ ...site.node('web-01').node, hostKey }]);
  test.relay.send(frame);
  return (await test.relay.result(executionId)).outcome;
}
const pins = (text: string) => writeFileSync(test.config.knownHostsFile, text);
const otherKey = () => fetchHostKey('127.0.0.1', site.node('web-02').node.port, 5_000);
const ownKey = () => fetchHostKey(host.address, host.port, 5_000);

describe('a node', () => {
  it('whose key nobody has confirmed gets nothing, and the sentence says how to confirm it', async () => {
    pins('');
    const outcome = await run(null);
    expect(outcome).toMatchObject({ kind: 'not_started', reason: 'host_key_unknown' });
    expect(outcome).toHaveProperty('detail', expect.stringContaining(`satellite trust --host 127.0.0.1:${host.port}`));
  });

  it('is reached when the envelope or the satellite knows its key', async () => {
    pins('');
    expect(await run(site.node('web-01').host.hostKey)).toMatchObject({ kind: 'exited', exitCode: 0 });
    trustHostKey(test.config.knownHostsFile, host.address, host.port, await ownKey());
    expect(await run(null)).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  it('that shows another key than the envelope says gets nothing', async () => {
    pins('');
    const other = hostKeyFingerprint(await otherKey());
    expect(await run(other)).toMatchObject({ kind: 'not_started', reason: 'host_key_mismatch' });
  });

  it('that shows another key than the satellite has pinned gets nothing, whatever the envelope says', async () => {
    pins('');
    trustHostKey(test.config.knownHostsFile, host.address, host.port, await otherKey());
    // A warm connection from before the change must not be used for this: it has another expectation.
    const mine = hostKeyFingerprint(await ownKey());
    const { frame, executionId } = await makeDispatch(site, 'hostname', [
      { ...site.node('web-01').node, hostKey: mine, address: 'localhost' },
    ]);
    trustHostKey(test.config.knownHostsFile, 'localhost', host.port, await otherKey());
    test.relay.send(frame);
    expect((await test.relay.result(executionId)).outcome).toMatchObject({ reason: 'host_key_mismatch' });
  });

  it('whose key is revoked gets nothing', async () => {
    const key = await ownKey();
    pins('');
    trustHostKey(test.config.knownHostsFile, 'localhost', host.port, key);
    appendFileSync(test.config.knownHostsFile, `@revoked * ssh-ed25519 ${key.toString('base64')}\n`);
    const { frame, executionId } = await makeDispatch(site, 'hostname', [
      { ...site.node('web-01').node, hostKey: null, address: 'localhost' },
    ]);
    test.relay.send(frame);
    expect((await test.relay.result(executionId)).outcome).toMatchObject({ reason: 'host_key_mismatch' });
  });
});
