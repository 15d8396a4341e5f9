import { setTimeout as sleep } from 'node:timers/promises';
import { nothingRunsCloseCode } from '@sena/contracts/frames';
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
let web: TestNode;
let test: TestSatellite;
let serial = 0;

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  web = site.node('web-01');
});
afterAll(() => site?.stop());
beforeEach(async () => {
  const enrolled = await site.enrol({ limits: { runningMax: 2 } });
  enrolled.relay.behaviour.protocols = [4, 3, 2, 1];
  test = await startTestSatellite(enrolled.config, enrolled.relay);
});
afterEach(() => test?.satellite.stop(0));

/** Runs until it is ended. */
async function send() {
  serial += 1;
  const mark = `/tmp/work-${serial}`;
  const { frame, executionId } = await makeDispatch(
    site,
    `touch ${mark}; until [ -e ${mark}.end ]; do sleep 0.02; done; rm ${mark}`,
    [web.node],
    approved,
  );
  test.relay.send(frame);
  await test.relay.ack(frame.dispatchId);
  return {
    began: () => test.relay.started(executionId),
    release: () => web.onNode(`touch ${mark}.end`),
    async end() {
      await this.release();
      await test.relay.result(executionId);
    },
  };
}
let sequence = 0;
function share(runningMax: number | null): number {
  sequence += 1;
  test.relay.send({ t: 'site-share', sequence, runningMax });
  return sequence;
}
const running = async () => Number(await web.onNode('ls /tmp/work-* 2>/dev/null | grep -vc end || true'));
/** Longer than a command needs to begin. */
async function runStill(count: number): Promise<void> {
  await sleep(400);
  expect(await running()).toBe(count);
}
const isKept = (which: number) =>
  test.relay.frames.some((frame) => frame.t === 'site-share-kept' && frame.sequence === which);

it('a share that is raised lets more begin, never more than its own limit, and one that is lowered ends nothing', async () => {
  const raised = share(1);
  await test.relay.until('it says so', () => isKept(raised));
  const [one, two, three] = [await send(), await send(), await send()];
  await one.began();
  await runStill(1);
  share(2);
  await two.began();
  // Two is what the customer allows.
  share(50);
  await runStill(2);

  const lowered = share(1);
  await runStill(2);
  expect(isKept(lowered)).toBe(false);
  await one.end();
  await test.relay.until('it says that no more run', () => isKept(lowered));
  await runStill(1);
  await two.end();
  await three.began();
  await three.end();
});

it('without a connection nothing begins where there was a limit, until it is told again; an older relay has no limit', async () => {
  share(2);
  const one = await send();
  await one.began();
  test.relay.cut();
  await test.relay.connected(2);
  const two = await send();
  await runStill(1);
  share(null);
  await two.began();
  await one.end();

  share(1);
  test.relay.behaviour.protocols = [3, 2, 1];
  test.relay.cut();
  await test.relay.connected(3);
  const three = await send();
  await three.began();
  expect(await running()).toBe(2);
  await two.end();
  await three.end();
});

it('one that stops with nothing running says so when it closes its tunnel; one that leaves something does not', async () => {
  share(1);
  const [one, two] = [await send(), await send()];
  await one.began();
  const stopping = test.satellite.stop(20_000);
  await one.end();
  await stopping;
  expect(test.relay.closeCodes()).toEqual([nothingRunsCloseCode]);

  // The second one never began; what is left behind has.
  const again = await startTestSatellite(test.config, test.relay);
  share(1);
  await two.began();
  await again.satellite.stop(0);
  expect(test.relay.closeCodes()).toEqual([nothingRunsCloseCode, 1000]);
  await two.release();
});

it('what waits for a place until its time is up says that the site’s limit held it up', async () => {
  share(0);
  const { frame, executionId } = await makeDispatch(site, 'hostname', [web.node], {
    expiresAt: new Date(Date.now() + 1_500).toISOString(),
  });
  test.relay.send(frame);
  expect((await test.relay.result(executionId)).outcome).toMatchObject({
    ...{ kind: 'not_started', reason: 'expired' },
    detail: expect.stringContaining('the limit of its site let at most 0'),
  });
});
