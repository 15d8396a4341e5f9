import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approved, makeDispatch, startTestSite, type TestSatellite, type TestSite } from '../fixtures/test-site.ts';

let site: TestSite;
let test: TestSatellite;

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  test = await site.start();
});
afterAll(() => site?.stop());

describe('a satellite whose journal can not be written', () => {
  it('runs nothing, promises nothing, and ends with a sentence', async () => {
    const web = site.node('web-01');
    const before = await makeDispatch(site, 'hostname', [web.node]);
    test.relay.send(before.frame);
    await test.relay.result(before.executionId);

    const thief = new DatabaseSync(`${test.config.stateDirectory}/journal.db`);
    thief.exec('begin immediate');
    const { frame } = await makeDispatch(site, 'echo ran >> /tmp/ran', [web.node], approved);
    test.relay.send(frame);
    await expect(test.satellite.ended).rejects.toThrow(/journal .* can't be written/);
    thief.close();
    expect(test.relay.frames.some((each) => each.t === 'dispatch-ack' && each.dispatchId === frame.dispatchId)).toBe(
      false,
    );
    expect(await web.onNode('ls /tmp')).not.toContain('ran');
  });
});
