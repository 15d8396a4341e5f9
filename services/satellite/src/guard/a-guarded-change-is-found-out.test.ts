import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  approved,
  makeDispatch,
  startTestSite,
  type TestNode,
  type TestSatellite,
  type TestSite,
} from '../fixtures/test-site.ts';

let site: TestSite;
let test: TestSatellite;
let serial = 0;

beforeAll(async () => {
  site = await startTestSite(['web-01', 'web-02', 'web-03', 'web-04', 'web-05']);
  test = await site.start({ limits: { connectTimeoutMs: 1_000, findOutMs: 2_000 } });
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

/** A change that leaves a line behind, and how many there are. */
async function begin(node: TestNode, then: string, { timeoutMs = 20_000, validMs = 600_000 } = {}) {
  serial += 1;
  const witness = `/srv/witness-${serial}`;
  const dispatch = await makeDispatch(site, `echo ran >> ${witness}${then}`, [node.node], {
    ...approved,
    limits: { timeoutMs, outputBytesMax: 65_536 },
    expiresAt: new Date(Date.now() + validMs).toISOString(),
  });
  test.relay.send(dispatch.frame);
  const effects = async () => Number(await node.onNode(`cat ${witness} 2>/dev/null | wc -l`));
  return { ...dispatch, effects, result: () => test.relay.result(dispatch.executionId) };
}
const guardFiles = (node: TestNode, executionId: string) =>
  node.onNode(`cd /var/lib/sena/guard && ls ${executionId}.* 2>/dev/null || echo none`);

describe('a change whose node', () => {
  it('is rebooted while it runs is unknown, and says that the node was', async () => {
    const node = site.node('web-01');
    const change = await begin(node, '; sleep 30');
    await test.relay.started(change.executionId);
    await node.onNode('until ls /srv/witness-* >/dev/null 2>&1; do sleep 0.05; done');
    await node.host.reboot();
    node.cut();
    expect((await change.result()).outcome).toMatchObject({ kind: 'unknown', reason: 'node_rebooted' });
    expect(await change.effects()).toBe(1);
  });

  it('can not be reached for a while is found out once it can', async () => {
    const node = site.node('web-02');
    const change = await begin(node, '; sleep 3', { timeoutMs: 1_000 });
    await test.relay.started(change.executionId);
    await node.host.setLink('down');
    node.cut();
    await test.relay.until('a try in vain', () =>
      test.logs.some((line) => line.includes(change.executionId) && line.includes('asked over another')),
    );
    await node.host.setLink('up');
    expect((await change.result()).outcome).toMatchObject({ kind: 'exited', reason: 'timeout' });
    expect(await change.effects()).toBe(1);
  });

  it('can not be reached any more is unknown after a while, and says so', async () => {
    const node = site.node('web-02');
    const change = await begin(node, '; sleep 3', { timeoutMs: 1_000, validMs: 4_000 });
    await test.relay.started(change.executionId);
    await node.host.setLink('down');
    node.cut();
    try {
      expect((await change.result()).outcome).toMatchObject({
        ...{ kind: 'unknown', reason: 'node_not_reached' },
        detail: expect.stringMatching(/^The node could not be asked what became of the command\. ./),
      });
    } finally {
      await node.host.setLink('up');
    }
    expect(await change.effects()).toBe(1);
  });

  it('has no room for a lock is not started', async () => {
    const node = site.node('web-03');
    await node.onNode('mkdir -p /var/lib/sena/guard; cat /dev/zero >/var/lib/filler 2>/dev/null; :');
    try {
      const change = await begin(node, '');
      expect((await change.result()).outcome).toMatchObject({ kind: 'not_started', reason: 'node_disk_full' });
      expect(await change.effects()).toBe(0);
    } finally {
      await node.onNode('rm /var/lib/filler');
    }
    const change = await begin(node, '');
    expect(await change.result()).toMatchObject({ outcome: { kind: 'exited', exitCode: 0 }, mode: 'guarded' });
  });

  it('fills up while it runs keeps its end all the same', async () => {
    const node = site.node('web-03');
    const change = await begin(node, '; cat /dev/zero >/var/lib/filler 2>/dev/null; exit 5');
    try {
      expect((await change.result()).outcome).toMatchObject({ kind: 'exited', exitCode: 5 });
    } finally {
      await node.onNode('rm /var/lib/filler');
    }
  });

  it('can not hold a guard follows the plain rule, and says why', async () => {
    const node = site.node('web-04');
    await node.onNode('rm -rf /var/lib/sena && touch /var/lib/sena');
    const change = await begin(node, '; sleep 30');
    await test.relay.started(change.executionId);
    expect(test.logs.some((line) => line.includes("can't hold a guard") && line.includes('/var/lib/sena'))).toBe(true);
    await node.onNode(`until ls /srv/witness-* >/dev/null 2>&1; do sleep 0.05; done`);
    node.cut();
    expect(await change.result()).toMatchObject({
      ...{ outcome: { kind: 'unknown', reason: 'connection_lost' }, mode: 'plain' },
    });
    expect(await change.effects()).toBe(1);
  });
});

it('a stop that comes before the command has a process is told again, and ends it', async () => {
  const node = site.node('web-05');
  await node.onNode(
    `cp -a /usr/bin/setsid /usr/bin/real-setsid && rm /usr/bin/setsid &&
     printf '#!/bin/sh\nuntil [ -e /srv/may-begin ]; do sleep 0.05; done\nexec real-setsid "$@"\n' >/usr/bin/setsid && chmod 755 /usr/bin/setsid`,
  );
  try {
    const change = await begin(node, '; sleep 300');
    const { executionId } = change;
    await node.onNode(`until [ -e /var/lib/sena/guard/${executionId}.l ]; do sleep 0.02; done`);
    test.relay.send({ t: 'cancel', executionIds: [executionId], stop: true });
    await test.relay.until('a stop in vain', () =>
      test.logs.some((line) => line.includes(executionId) && line.includes('"answer":"absent"')),
    );
    await node.onNode('touch /srv/may-begin');
    expect((await change.result()).outcome).toMatchObject({ kind: 'exited', signal: 'TERM', reason: 'cancelled' });
    expect(await change.effects()).toBe(1);
  } finally {
    await node.onNode('mv /usr/bin/real-setsid /usr/bin/setsid');
  }
});

it('output beyond the limit is cut on the node too, and how much there was is told', async () => {
  const node = site.node('web-05');
  test.relay.behaviour.acknowledgesOutcomes = false;
  try {
    const change = await begin(node, '; head -c 2000000 /dev/zero; head -c 1000 /dev/zero >&2; exit 3');
    expect(await change.result()).toMatchObject({
      outcome: { kind: 'exited', exitCode: 3 },
      ...{ stdoutBytes: 2_000_000, stdoutKeptBytes: 65_536, stderrBytes: 1_000, stderrKeptBytes: 1_000 },
    });
    expect(Number(await node.onNode(`cat /var/lib/sena/guard/${change.executionId}.o | wc -c`))).toBe(131_072);
  } finally {
    test.relay.behaviour.acknowledgesOutcomes = true;
    test.relay.cut();
    await test.relay.connected(test.relay.connections() + 1);
  }
});

it('what is acknowledged is removed from the node, and its lock stays', async () => {
  const node = site.node('web-05');
  const change = await begin(node, '; echo some output; sleep 1');
  await test.relay.started(change.executionId);
  await node.onNode(`until [ -e /var/lib/sena/guard/${change.executionId}.o ]; do sleep 0.02; done`);
  await change.result();
  const only = `${change.executionId}.l\n`;
  await test.relay.until('the cleaning', () => test.relay.frames.length > 0);
  for (let tries = 0; tries < 100 && (await guardFiles(node, change.executionId)) !== only; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await guardFiles(node, change.executionId)).toBe(only);
});
