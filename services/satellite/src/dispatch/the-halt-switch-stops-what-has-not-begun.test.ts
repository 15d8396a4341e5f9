import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
let witness: string;

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  web = site.node('web-01');
});
afterAll(() => site?.stop());
beforeEach(async () => {
  serial += 1;
  witness = `/tmp/witness-${serial}`;
  test = await site.start({ limits: { runningPerNodeMax: 1 } });
});
afterEach(async () => {
  rmSync(test.config.haltFile, { force: true });
  await test.satellite.stop(0);
});

const effects = async () => Number(await web.onNode(`cat ${witness} 2>/dev/null | wc -l`));
const change = (then = '') => makeDispatch(site, `echo ran >> ${witness}${then}`, [web.node], approved);
const halt = () => writeFileSync(test.config.haltFile, '');
const outcomeOf = async (executionId: string) => (await test.relay.result(executionId)).outcome;
const halted = { kind: 'not_started', reason: 'halted' };

describe('while the halt switch is on', () => {
  it('what runs goes on, what waits behind it never begins, and what comes is not begun', async () => {
    const running = await change('; sleep 3');
    test.relay.send(running.frame);
    await test.relay.started(running.executionId);
    const [waiting, reading] = [await change(), await makeDispatch(site, 'hostname', [web.node])];
    test.relay.send(waiting.frame, reading.frame);
    await test.relay.ack(waiting.frame.dispatchId);
    halt();
    const later = await change();
    test.relay.send(later.frame);
    for (const { executionId } of [waiting, reading, later]) expect(await outcomeOf(executionId)).toMatchObject(halted);
    expect(await outcomeOf(running.executionId)).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(1);
  });

  it('what an earlier process had journaled and not begun is not begun by the next one', async () => {
    const running = await change('; sleep 3');
    test.relay.send(running.frame);
    await test.relay.started(running.executionId);
    const waiting = await change();
    test.relay.send(waiting.frame);
    await test.relay.ack(waiting.frame.dispatchId);
    await test.satellite.stop(0);
    halt();
    test = await startTestSatellite(test.config, test.relay);
    expect(await outcomeOf(waiting.executionId)).toMatchObject(halted);
    expect(await outcomeOf(running.executionId)).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(1);
  });

  it('and without it work goes on', async () => {
    halt();
    const stopped = await change();
    test.relay.send(stopped.frame);
    expect(await outcomeOf(stopped.executionId)).toMatchObject(halted);
    rmSync(test.config.haltFile);
    const next = await change();
    test.relay.send(next.frame);
    expect(await outcomeOf(next.executionId)).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(1);
  });
});
