import { createHash } from 'node:crypto';
import type { DispatchKeyStatement } from '@sena/contracts/domain/dispatch-key';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { signAgain } from '@sena/envelope/sign-again';
import { signKeyStatement } from '@sena/envelope/sign-key-statement';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SatelliteProcess, spawnSatellite } from '../fixtures/satellite-process.ts';
import {
  approved,
  makeDispatch,
  startTestSatellite,
  startTestSite,
  type TestNode,
  type TestSite,
} from '../fixtures/test-site.ts';

type Enrolled = Awaited<ReturnType<TestSite['enrol']>>;

let site: TestSite;
let web: TestNode;
let enrolled: Enrolled;
let satellite: Pick<SatelliteProcess, 'kill'> | { kill(): Promise<void> };
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
  enrolled = await site.enrol({ limits: { runningPerNodeMax: 1 } });
  enrolled.relay.behaviour.asksNothing = false;
});
afterEach(async () => {
  await satellite.kill('SIGKILL');
});

/** How often the command ran, counted on the node itself. */
const effects = async () => Number(await web.onNode(`cat ${witness} 2>/dev/null | wc -l`));
const change = (then = '') => makeDispatch(site, `echo ran >> ${witness}${then}`, [web.node], approved);
/** Killed and started again; the relay says what was cancelled and asks, as it does after every welcome. */
const restart = async (cancelled: string[] = []) => {
  await satellite.kill('SIGKILL');
  satellite = await spawnSatellite(enrolled.config, enrolled.relay);
  enrolled.relay.send({ t: 'cancel', executionIds: cancelled, stop: false });
  enrolled.relay.send({ t: 'reconcile', executionIds: [] });
};
describe('a change, the satellite being killed,', () => {
  beforeEach(async () => {
    satellite = await spawnSatellite(enrolled.config, enrolled.relay);
  });

  it('that was under way when the satellite was killed is followed by the next process, with all of its output', async () => {
    const { relay } = enrolled;
    const { frame, executionId } = await change('; for i in 1 2 3 4 5 6; do echo line $i; sleep 0.5; done; exit 4');
    relay.send(frame);
    await relay.started(executionId);
    await relay.until('output', () => relay.output(executionId).length > 0);
    await restart();
    const result = await relay.result(executionId);
    expect(result).toMatchObject({ outcome: { kind: 'exited', exitCode: 4, reason: null }, attempt: 1 });
    expect(relay.output(executionId).toString()).toBe([1, 2, 3, 4, 5, 6].map((i) => `line ${i}\n`).join(''));
    expect(result.stdoutSha256).toBe(createHash('sha256').update(relay.output(executionId)).digest('hex'));
    relay.send(frame);
    await relay.ack(frame.dispatchId, 2);
    expect(await effects()).toBe(1);
  });

  it('that ended while the satellite was away is told as it was', async () => {
    const { relay } = enrolled;
    const { frame, executionId } = await change('; sleep 1; echo done; exit 9');
    relay.send(frame);
    await relay.started(executionId);
    await satellite.kill('SIGKILL');
    await web.onNode('sleep 2');
    await restart();
    expect((await relay.result(executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 9 });
    expect(relay.output(executionId).toString()).toBe('done\n');
    expect(await effects()).toBe(1);
  });

  it('that had ended but was not acknowledged is told after the restart, with its output', async () => {
    const { relay } = enrolled;
    relay.behaviour.acknowledgesOutput = false;
    relay.behaviour.acknowledgesOutcomes = false;
    const { frame, executionId } = await change('; echo some output; echo problems >&2');
    relay.send(frame);
    const first = await relay.result(executionId);
    relay.behaviour.acknowledgesOutput = true;
    relay.behaviour.acknowledgesOutcomes = true;
    const repeated = relay.repeatedBytes();
    await restart();
    const second = await relay.result(executionId, 2);
    expect(second).toEqual(first);
    expect(relay.repeatedBytes() - repeated).toBe('some output\nproblems\n'.length);
    expect(relay.output(executionId).toString()).toBe('some output\n');
    expect(await effects()).toBe(1);
  });

  it('that was journaled but never sent runs after the restart', async () => {
    const { relay } = enrolled;
    const blocker = await makeDispatch(site, 'sleep 4', [web.node], approved);
    const waiting = await change();
    relay.send(blocker.frame);
    await relay.started(blocker.executionId);
    relay.send(waiting.frame);
    await relay.ack(waiting.envelope.dispatchId);
    await restart();
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(1);
  });

  it('that was cancelled while the satellite was away does not run after the restart', async () => {
    const { relay } = enrolled;
    const blocker = await makeDispatch(site, 'sleep 4', [web.node], approved);
    const waiting = await change();
    relay.send(blocker.frame);
    await relay.started(blocker.executionId);
    relay.send(waiting.frame);
    await relay.ack(waiting.envelope.dispatchId);
    await restart([waiting.executionId]);
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({
      kind: 'not_started',
      reason: 'cancelled',
    });
    expect(await effects()).toBe(0);
  });

  it('if it is a read-only one, it runs again as the second attempt', async () => {
    const { relay } = enrolled;
    const { frame, executionId } = await makeDispatch(site, 'hostname && sleep 2', [web.node]);
    relay.send(frame);
    await relay.started(executionId);
    await restart();
    const result = await relay.result(executionId);
    expect(result).toMatchObject({ outcome: { kind: 'exited', exitCode: 0 }, attempt: 2 });
    expect(relay.output(executionId, 'stdout', 2).toString()).toBe('web-01\n');
  });

  it('politely, lets what runs end, reports it, and leaves what waits for the next process', async () => {
    const { relay } = enrolled;
    const running = await change('; sleep 1; echo done');
    const waiting = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(running.frame);
    await relay.started(running.executionId);
    relay.send(waiting.frame);
    await relay.ack(waiting.envelope.dispatchId);
    expect(await satellite.kill('SIGTERM')).toBe(0);
    expect((await relay.result(running.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(relay.output(running.executionId).toString()).toBe('done\n');
    satellite = await spawnSatellite(enrolled.config, relay);
    relay.send({ t: 'reconcile', executionIds: [] });
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(1);
  });
});

describe('a change, the satellite living on,', () => {
  beforeEach(async () => {
    const running = await startTestSatellite(enrolled.config, enrolled.relay);
    satellite = { kill: () => running.satellite.stop(0) };
  });

  it('whose dispatch is sent again and again runs once, and its result is told again', async () => {
    const { relay } = enrolled;
    const { frame, executionId, envelope } = await change();
    relay.send(frame, frame, frame);
    await relay.result(executionId);
    relay.send(frame);
    await relay.ack(envelope.dispatchId, 4);
    const again = await relay.result(executionId, 2);
    relay.cut();
    await relay.connected(2);
    relay.send(frame);
    await relay.ack(envelope.dispatchId, 5);
    expect(again.outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(1);
  });

  it('whose connection to the node breaks again and again is followed to its end, and no byte is lost or doubled', async () => {
    const { relay } = enrolled;
    const { frame, executionId } = await change(
      '; i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo "line $i of a long story"; [ $((i % 400)) -eq 0 ] && sleep 0.4; done; echo bad >&2',
    );
    relay.send(frame);
    await relay.started(executionId);
    for (let cuts = 0; cuts < 4; cuts += 1) {
      const had = relay.output(executionId).length;
      await relay.until('more output', () => relay.output(executionId).length > had);
      web.cut();
    }
    const result = await relay.result(executionId);
    expect(result).toMatchObject({ outcome: { kind: 'exited', exitCode: 0 }, attempt: 1 });
    const story = Array.from({ length: 4000 }, (_, i) => `line ${i + 1} of a long story\n`).join('');
    expect(relay.output(executionId).toString()).toBe(story);
    expect(relay.output(executionId, 'stderr').toString()).toBe('bad\n');
    expect(await effects()).toBe(1);
  });

  it('over a warm connection that died unnoticed runs once', async () => {
    const { relay } = enrolled;
    const warm = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(warm.frame);
    await relay.result(warm.executionId);
    web.cut();
    const { frame, executionId } = await change();
    relay.send(frame);
    expect((await relay.result(executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(1);
  });

  it('that is reassigned runs once, under the newest assignment', async () => {
    const { relay } = enrolled;
    const blocker = await makeDispatch(site, 'sleep 2', [web.node]);
    relay.send(blocker.frame);
    await relay.started(blocker.executionId);
    const first = await change();
    const { envelope } = first;
    const second = await makeDispatch(site, envelope.command, [web.node], {
      ...approved,
      runId: envelope.runId,
      nodes: envelope.nodes,
      assignmentEpoch: 3,
    });
    const stale = await makeDispatch(site, envelope.command, [web.node], {
      ...approved,
      runId: envelope.runId,
      nodes: envelope.nodes,
      assignmentEpoch: 2,
    });
    relay.send(first.frame, second.frame, stale.frame);
    expect((await relay.result(first.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    relay.send(stale.frame);
    await relay.ack(stale.envelope.dispatchId, 2);
    expect(await effects()).toBe(1);
  });

  it('that was taken under a key which is retired by the time of a restart goes on: what runs is followed, what waits runs', async () => {
    const { relay } = enrolled;
    const running = await change('; sleep 3; exit 7');
    const waiting = await change();
    relay.send(running.frame);
    await relay.started(running.executionId);
    relay.send(waiting.frame);
    await relay.ack(waiting.envelope.dispatchId);
    const next = generateKeyPair();
    const said = { v: 1, organizationId: site.ids.organizationId, notBefore: new Date().toISOString() } as const;
    const succession: DispatchKeyStatement = {
      ...{ ...said, kind: 'succession', sequence: 2 },
      ...{ keyId: 'dkey_2', publicKey: next.publicKeySpki, previousKeyId: 'dkey_1' },
    };
    const retirement: DispatchKeyStatement = { ...said, kind: 'retirement', sequence: 3, retiredKeyId: 'dkey_1' };
    const newest = { keyId: 'dkey_2', privateKey: next.privateKey };
    relay.send({
      t: 'dispatch-keys',
      statements: [
        await signKeyStatement(succession, { keyId: 'dkey_1', privateKey: site.signer.privateKey }),
        await signKeyStatement(retirement, newest),
      ],
    });
    await relay.until('the key is retired here', () =>
      relay.frames.find((frame) => frame.t === 'dispatch-keys-followed' && frame.sequence === 3),
    );
    await satellite.kill('SIGKILL');
    const after = await startTestSatellite(enrolled.config, relay);
    satellite = { kill: () => after.satellite.stop(0) };
    relay.send({ t: 'reconcile', executionIds: [] });
    expect((await relay.result(running.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 7 });
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(2);
    // In the same words it is what was taken, though nobody would believe it now: to refuse it would say that nothing of it ran.
    relay.send(running.frame);
    expect(await relay.ack(running.envelope.dispatchId, 2)).toMatchObject({ accepted: true });
    expect((await relay.result(running.executionId, 2)).outcome).toMatchObject({ kind: 'exited', exitCode: 7 });
    // Signed anew with the newest, as the signer does it, it is the same; the old key signs nothing that is new.
    const anew = await signAgain(waiting.frame.envelope, site.signer.publicKey, newest);
    const late = await change();
    relay.send({ ...waiting.frame, envelope: anew }, late.frame);
    expect(await relay.ack(waiting.envelope.dispatchId, 2)).toMatchObject({ accepted: true });
    expect(await relay.ack(late.envelope.dispatchId)).toMatchObject({ accepted: false, code: 'envelope_key_unknown' });
    expect((await relay.result(waiting.executionId, 2)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await effects()).toBe(2);
  });

  it('if it is a read-only one whose connection breaks, it runs again once, then it is unknown', async () => {
    const { relay } = enrolled;
    const { frame, executionId } = await makeDispatch(site, 'hostname && sleep 20', [web.node]);
    relay.send(frame);
    await relay.started(executionId, 1);
    web.cut();
    await relay.started(executionId, 2);
    web.cut();
    const result = await relay.result(executionId);
    expect(result).toMatchObject({ outcome: { kind: 'unknown', reason: 'connection_lost' }, attempt: 2 });
  });
});
