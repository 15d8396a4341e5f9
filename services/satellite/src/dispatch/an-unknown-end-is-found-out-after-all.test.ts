import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { eventually } from '@sena/testing/eventually';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  approved,
  makeDispatch,
  startTestSatellite,
  startTestSite,
  type TestNode,
  type TestSatellite,
  type TestSite,
} from '../fixtures/test-site.ts';

let site: TestSite;
let node: TestNode;
let test: TestSatellite;
let serial = 0;
let witness: string;

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  node = site.node('web-01');
});
afterAll(() => site?.stop());
beforeEach(async () => {
  serial += 1;
  witness = `/srv/witness-${serial}`;
  test = await site.start({ limits: { connectTimeoutMs: 2_000, findOutMs: 1_000 } });
});
afterEach(async () => {
  await node.host.setLink('up');
  await test?.satellite.stop(0);
});

const guardFiles = async (id: string) => (await node.onNode(`cd /var/lib/sena/guard && ls ${id}.*`)).split('\n');
const effects = async () => Number(await node.onNode(`cat ${witness} 2>/dev/null | wc -l`));

/** Told as unknown, because its node went away while it ran. It ends by itself, with 6. */
async function loseNode(lastsSeconds = 3) {
  const command = `echo ran >> ${witness}; echo before; sleep ${lastsSeconds}; echo after; exit 6`;
  const change = await makeDispatch(site, command, [node.node], {
    ...{ ...approved, limits: { timeoutMs: 2_000, outputBytesMax: 65_536 } },
    expiresAt: new Date(Date.now() + 6_000).toISOString(),
  });
  test.relay.send(change.frame);
  await test.relay.until('its first output', () => test.relay.output(change.executionId).toString() === 'before\n');
  await node.host.setLink('down');
  node.cut();
  expect((await test.relay.result(change.executionId)).outcome).toMatchObject({
    kind: 'unknown',
    reason: 'node_not_reached',
  });
  await test.relay.until('its acknowledgement', () =>
    test.logs.some((line) => line.includes(change.executionId) && line.includes('will be asked again')),
  );
  return change;
}

/** The same as if it had been told at once, under the next revision. */
async function expectEnd(executionId: string) {
  const { relay } = test;
  const revised = await relay.result(executionId, 2);
  expect(revised).toMatchObject({
    ...{ revision: 2, attempt: 1, durationMs: null },
    outcome: { kind: 'exited', exitCode: 6, signal: null, reason: null },
  });
  expect(relay.output(executionId).toString()).toBe('before\nafter\n');
  expect(revised.stdoutSha256).toBe(createHash('sha256').update('before\nafter\n').digest('hex'));
  expect(await effects()).toBe(1);
}

/** Something else is run there. A link that has just come up may refuse the first. */
async function reachNode(): Promise<void> {
  await eventually(
    'another command reaches the node',
    async () => {
      const other = await makeDispatch(site, 'hostname', [node.node]);
      test.relay.send(other.frame);
      return (await test.relay.result(other.executionId)).outcome.kind === 'exited';
    },
    { timeoutMs: 30_000, everyMs: 200 },
  );
}

it('when something else reaches its node: its end and its output are told under the next revision, and only then they go', async () => {
  const { executionId } = await loseNode();
  await node.host.setLink('up');
  // It was told and acknowledged as unknown, and the node still holds everything.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await guardFiles(executionId)).toEqual(expect.arrayContaining([`${executionId}.o`, `${executionId}.e`]));
  await reachNode();
  await expectEnd(executionId);
  await eventually('its output is removed', async () =>
    (await guardFiles(executionId)).filter((name) => name !== '').length === 1 ? true : undefined,
  );
});

/** A link that has just come up may refuse the first who comes, and who asked in vain asks again a minute later. */
async function untilAnswering(): Promise<void> {
  const { address, port } = node.node;
  await eventually('the node answers', () => {
    const socket = connect({ host: address, port, timeout: 1_000 });
    return new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('timeout', () => resolve(false));
    }).finally(() => socket.destroy());
  });
}

it('by the next process, which asks at its start', async () => {
  const { executionId } = await loseNode();
  await test.satellite.stop(0);
  await node.host.setLink('up');
  await untilAnswering();
  test = await startTestSatellite(test.config, test.relay);
  await expectEnd(executionId);
  // It is known now: nobody asks again.
  await test.satellite.stop(0);
  test = await startTestSatellite(test.config, test.relay);
  expect(test.logs.some((line) => line.includes('asked again'))).toBe(false);
});

it('as far as it can be: a node that was restarted meanwhile says so, and that is told under the next revision', async () => {
  const { executionId } = await loseNode(300);
  await node.host.reboot();
  await node.host.setLink('up');
  await reachNode();
  const revised = await test.relay.result(executionId, 2);
  expect(revised).toMatchObject({
    ...{ revision: 2, attempt: 1, durationMs: null, stdoutKeptBytes: 7 },
    outcome: { kind: 'unknown', reason: 'node_rebooted' },
  });
  // That was the node's last word: the next process does not ask, and says nothing else.
  await test.relay.until('its acknowledgement', () =>
    test.logs.some((line) => line.includes(executionId) && line.includes('more is known of a command')),
  );
  await test.satellite.stop(0);
  test = await startTestSatellite(test.config, test.relay);
  await reachNode();
  expect(test.logs.some((line) => line.includes(executionId) && line.includes('asked again'))).toBe(false);
  test.relay.send({ t: 'reconcile', executionIds: [executionId] });
  expect(await test.relay.result(executionId, 3)).toEqual(revised);
  expect(await effects()).toBe(1);
});

it('in vain as long as the node is away: nothing is said again, and what was told stands', async () => {
  const { executionId } = await loseNode();
  await test.satellite.stop(0);
  test = await startTestSatellite(test.config, test.relay);
  const { relay, logs } = test;
  await relay.until('a try in vain', () => logs.some((line) => line.includes(executionId) && line.includes('in vain')));
  // Somebody asks: it is the same answer.
  relay.send({ t: 'reconcile', executionIds: [executionId] });
  expect(await relay.result(executionId, 2)).toEqual(await relay.result(executionId));
  await node.host.setLink('up');
  await reachNode();
  expect(await relay.result(executionId, 3)).toMatchObject({ revision: 2, outcome: { kind: 'exited', exitCode: 6 } });
});
