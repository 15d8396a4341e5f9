import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, makeDispatch, startTestSite, type TestSatellite, type TestSite } from '../fixtures/test-site.ts';

let site: TestSite;
let test: TestSatellite;

beforeAll(async () => {
  site = await startTestSite(['web-01', 'web-02', 'web-03', 'web-04']);
  test = await site.start({ limits: { connectTimeoutMs: 1_000 } });
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

const limits = { timeoutMs: 20_000, outputBytesMax: 65_536 };
const untilTried = (times = 1) =>
  test.relay.until(
    'the node is tried',
    () => test.logs.filter((line) => line.includes('a node is waited for')).length >= times,
  );

describe('a command for a node that is away', () => {
  it('waits for it where it was asked to, runs once when it is back, and nobody else waits', async () => {
    const away = site.node('web-01');
    await away.host.setLink('down');
    const { frame, executionId } = await makeDispatch(site, 'echo ran >> /srv/ran', [away.node], {
      ...approved,
      limits: { ...limits, nodeWaitMs: 60_000 },
    });
    test.relay.send(frame);
    await untilTried(2);
    const other = await makeDispatch(site, 'hostname', [site.node('web-02').node]);
    test.relay.send(other.frame);
    expect((await test.relay.result(other.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    await away.host.setLink('up');
    expect((await test.relay.result(executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await away.onNode('cat /srv/ran')).toBe('ran\n');
  });

  it('says that it expired when it waited in vain, and what was tried', async () => {
    const away = site.node('web-03');
    await away.host.setLink('down');
    const soon = { ...limits, nodeWaitMs: 3_000 };
    const { frame, executionId } = await makeDispatch(site, 'hostname', [away.node], { limits: soon });
    test.relay.send(frame);
    const { outcome } = await test.relay.result(executionId);
    expect(outcome).toMatchObject({ kind: 'not_started', reason: 'expired' });
    expect(outcome).toHaveProperty('detail', expect.stringMatching(/was waited for \d+ s and never reached: ./));
    await away.host.setLink('up');
  });

  it('is cancelled at once while it waits', async () => {
    const away = site.node('web-03');
    await away.host.setLink('down');
    const { frame, executionId } = await makeDispatch(site, 'hostname', [away.node], {
      limits: { ...limits, nodeWaitMs: 600_000 },
    });
    const before = test.logs.filter((line) => line.includes('a node is waited for')).length;
    test.relay.send(frame);
    await untilTried(before + 1);
    test.relay.send({ t: 'cancel', executionIds: [executionId], stop: false });
    expect((await test.relay.result(executionId)).outcome).toMatchObject({ kind: 'not_started', reason: 'cancelled' });
    await away.host.setLink('up');
  });

  it('that is assigned anew while it waits is what the newer assignment says, and what waited does not begin after it', async () => {
    const away = site.node('web-03');
    await away.host.setLink('down');
    const first = await makeDispatch(site, 'echo ran >> /srv/anew', [away.node], {
      ...approved,
      limits: { ...limits, nodeWaitMs: 600_000 },
    });
    const { runId, command, nodes } = first.envelope;
    const before = test.logs.filter((line) => line.includes('a node is waited for')).length;
    test.relay.send(first.frame);
    await untilTried(before + 1);
    const second = await makeDispatch(site, command, [away.node], { ...approved, runId, nodes, assignmentEpoch: 2 });
    test.relay.send(second.frame);
    expect((await test.relay.result(first.executionId)).outcome).toMatchObject({ reason: 'node_unreachable' });
    const tried = test.logs.filter((line) => line.includes('a node is waited for')).length;
    await away.host.setLink('up');
    // Longer than what is waited for is left alone between two looks.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await away.onNode('ls /srv')).not.toContain('anew');
    expect(test.logs.filter((line) => line.includes('a node is waited for'))).toHaveLength(tried);
  });

  it('that is assigned anew while it is tried waits no more itself: the newer assignment does', async () => {
    const away = site.node('web-04');
    await away.host.setLink('down');
    const waiting = { ...approved, limits: { ...limits, nodeWaitMs: 600_000 } };
    const first = await makeDispatch(site, 'echo ran >> /srv/tried', [away.node], waiting);
    const { runId, command, nodes } = first.envelope;
    test.relay.send(first.frame);
    await test.relay.ack(first.envelope.dispatchId);
    // Its node takes a second to be given up.
    const second = await makeDispatch(site, command, [away.node], { ...waiting, runId, nodes, assignmentEpoch: 2 });
    test.relay.send(second.frame);
    const waitsOf = (dispatchId: string) =>
      test.logs.filter((line) => line.includes('a node is waited for') && line.includes(dispatchId)).length;
    await test.relay.until('the newer is tried again', () => waitsOf(second.envelope.dispatchId) > 1);
    // The older one would have been, too.
    expect(waitsOf(first.envelope.dispatchId)).toBeLessThanOrEqual(1);
    await away.host.setLink('up');
    expect((await test.relay.result(first.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await away.onNode('cat /srv/tried')).toBe('ran\n');
  });

  it('that nobody asked to wait for is not started, at once', async () => {
    const away = site.node('web-03');
    await away.host.setLink('down');
    const { frame, executionId } = await makeDispatch(site, 'hostname', [away.node]);
    test.relay.send(frame);
    expect((await test.relay.result(executionId)).outcome).toMatchObject({ reason: 'node_unreachable' });
    await away.host.setLink('up');
  });
});
