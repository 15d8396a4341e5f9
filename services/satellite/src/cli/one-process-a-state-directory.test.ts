import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { callSatellite, type SatelliteProcess, spawnSatellite } from '../fixtures/satellite-process.ts';
import { approved, makeDispatch, startTestSite, type TestSite } from '../fixtures/test-site.ts';

let site: TestSite;
let satellite: SatelliteProcess | undefined;

beforeAll(async () => {
  site = await startTestSite(['web-01']);
});
afterAll(() => site?.stop());
afterEach(() => satellite?.kill('SIGKILL'));

describe('the command line', () => {
  it('runs one process a state directory; a second one says so, and the lock ends with the process', async () => {
    const { relay, config } = await site.enrol();
    satellite = await spawnSatellite(config, relay);
    const second = await callSatellite(['run', '--config', config.file]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('Another satellite process');
    const status = await callSatellite(['status', '--config', config.file]);
    expect(status.stdout).toContain('connected to relay-test');
    expect(status.code).toBe(0);
    await satellite.kill('SIGKILL');
    satellite = await spawnSatellite(config, relay);
  });

  it('trust shows a key, adds it only with consent, and then the node is reached', async () => {
    const { relay, config } = await site.enrol();
    satellite = await spawnSatellite(config, relay);
    const { node, host } = site.node('web-01');
    const place = `127.0.0.1:${node.port}`;
    const unasked = await callSatellite(['trust', '--config', config.file, '--host', place]);
    expect(unasked.stdout).toContain(host.hostKey);
    expect([unasked.code, unasked.stderr.includes('--yes')]).toEqual([1, true]);
    const before = await makeDispatch(site, 'hostname', [{ ...node, hostKey: null }]);
    relay.send(before.frame);
    expect((await relay.result(before.executionId)).outcome).toMatchObject({ reason: 'host_key_unknown' });

    expect((await callSatellite(['trust', '--config', config.file, '--host', place, '--yes'])).stdout).toContain(
      'Added',
    );
    expect((await callSatellite(['trust', '--config', config.file, '--host', place])).stdout).toContain('already');
    const after = await makeDispatch(site, 'hostname', [{ ...node, hostKey: null }]);
    relay.send(after.frame);
    expect((await relay.result(after.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });

    const gone = await callSatellite(['trust', '--config', config.file, '--host', '127.0.0.1:1', '--yes']);
    expect([gone.code, gone.stderr.includes('shows no host key')]).toEqual([1, true]);
    expect((await callSatellite(['trust', '--config', config.file, '--host', 'a b'])).stderr).toContain('--host');
  });

  it('without its journal refuses what is older, tells the relay by another journal id, and takes what is new', async () => {
    const { relay, config } = await site.enrol();
    satellite = await spawnSatellite(config, relay);
    const older = await makeDispatch(site, 'hostname', [site.node('web-01').node]);
    await satellite.kill('SIGKILL');
    for (const end of ['', '-wal', '-shm']) rmSync(`${config.stateDirectory}/journal.db${end}`, { force: true });
    satellite = await spawnSatellite(config, relay);
    relay.send(older.frame);
    expect(await relay.ack(older.frame.dispatchId)).toMatchObject({ accepted: false, code: 'envelope_before_journal' });
    // Signed anew under a later time, what was approved before is as old as its approval.
    const old = { ...approved, notBefore: new Date(Date.now() - 60_000).toISOString() };
    const { envelope } = await makeDispatch(site, 'touch /tmp/again', [site.node('web-01').node], old);
    const renewed = await makeDispatch(site, envelope.command, envelope.nodes, {
      ...{ ...envelope, notBefore: new Date(Date.now() + 1_000).toISOString() },
    });
    relay.send(renewed.frame);
    expect(await relay.ack(renewed.frame.dispatchId)).toMatchObject({ code: 'envelope_before_journal' });
    const journals = relay.frames.flatMap((frame) => (frame.t === 'hello' ? [frame.journalId] : []));
    expect(new Set(journals).size).toBe(2);
    const newer = await makeDispatch(site, 'hostname', [site.node('web-01').node], {
      notBefore: new Date(Date.now() + 1_000).toISOString(),
    });
    relay.send(newer.frame);
    expect((await relay.result(newer.executionId)).outcome).toMatchObject({ kind: 'exited' });
  });
});
