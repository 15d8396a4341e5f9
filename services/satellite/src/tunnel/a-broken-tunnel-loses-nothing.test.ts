import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  web = site.node('web-01');
});
afterAll(() => site?.stop());
afterEach(() => test?.satellite.stop(0));

const limits = { timeoutMs: 30_000, outputBytesMax: 64 * 1024 * 1024 };

describe('when the tunnel breaks', () => {
  it('in the middle of an output, what was not acknowledged is sent again and nothing runs twice', async () => {
    test = await site.start();
    const { relay } = test;
    relay.behaviour.acknowledgesOutput = false;
    const command =
      'i=0; while [ $i -lt 20 ]; do head -c 10000 /dev/urandom; i=$((i+1)); sleep 0.05; done; echo ran >> /tmp/ran';
    const { frame, executionId } = await makeDispatch(site, command, [web.node], { ...approved, limits });
    relay.send(frame);
    await relay.until('some output', () => relay.output(executionId).length > 20_000);
    relay.cut();
    await relay.connected(2);
    relay.behaviour.acknowledgesOutput = true;
    const result = await relay.result(executionId);
    const output = relay.output(executionId);
    expect(result).toMatchObject({ outcome: { exitCode: 0 }, attempt: 1, stdoutBytes: 200_000 });
    expect(createHash('sha256').update(output).digest('hex')).toBe(result.stdoutSha256);
    expect(relay.repeatedBytes()).toBeGreaterThan(20_000);
    expect(await web.onNode('cat /tmp/ran')).toBe('ran\n');
  });

  it('a result that was not acknowledged is told again, the same', async () => {
    test = await site.start();
    const { relay } = test;
    relay.behaviour.acknowledgesOutcomes = false;
    const { frame, executionId } = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(frame);
    const first = await relay.result(executionId);
    relay.behaviour.acknowledgesOutcomes = true;
    relay.cut();
    expect(await relay.result(executionId, 2)).toEqual(first);
    // Acknowledged now: the next connection does not hear of it again.
    relay.cut();
    await relay.connected(3);
    const next = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(next.frame);
    await relay.result(next.executionId);
    await expect(Promise.race([relay.result(executionId, 3), later(300)])).resolves.toBe('later');
  });

  it('reconciliation tells what is known of each, and results again', async () => {
    test = await site.start({ limits: { runningPerNodeMax: 1 } });
    const { relay } = test;
    const done = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(done.frame);
    await relay.result(done.executionId);
    const running = await makeDispatch(site, 'sleep 3', [web.node]);
    const waiting = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(running.frame);
    await relay.started(running.executionId);
    relay.send(waiting.frame);
    await relay.ack(waiting.envelope.dispatchId);
    const [finishedId, runningId, waitingId, absentId] = [
      done.executionId,
      running.executionId,
      waiting.executionId,
      'e-0',
    ];
    relay.send({ t: 'reconcile', executionIds: [finishedId, runningId, waitingId, absentId] });
    const answer = await relay.until('the answer', () => relay.frames.find((frame) => frame.t === 'reconciled'));
    expect(answer).toEqual({
      t: 'reconciled',
      executions: [
        { executionId: finishedId, state: 'finished' },
        { executionId: runningId, state: 'running' },
        { executionId: waitingId, state: 'journaled' },
        { executionId: absentId, state: 'absent' },
      ],
    });
    expect((await relay.result(finishedId, 2)).outcome).toMatchObject({ exitCode: 0 });
  });
});

describe('a full spool', () => {
  const size = 16 * 1024 * 1024;
  it.each([
    ['a reading command', 'cat /srv/long', {}],
    ['a guarded one', 'cat /srv/long; true > /srv/read', approved],
  ])(
    'slows %s down instead of losing output or growing',
    async (_what, command, changes) => {
      await web.onNode(`[ -e /srv/long ] || head -c ${size} /dev/urandom >/srv/long`);
      test = await site.start({ limits: { spoolBytesPerExecution: 256 * 1024 } });
      const { relay } = test;
      relay.behaviour.acknowledgesOutput = false;
      const { frame, executionId } = await makeDispatch(site, command, [web.node], { ...changes, limits });
      relay.send(frame);
      await relay.until('the spool to fill', () => relay.output(executionId).length >= 256 * 1024);
      await later(500);
      // Stopped: what is on its way fits into the spool, one piece, and SSH's window. Whoever writes to the channel waits.
      expect(relay.output(executionId).length).toBeLessThan(1024 * 1024);
      expect(await web.onNode('pgrep -x "cat|tail" | wc -l')).toBe('1\n');
      relay.behaviour.acknowledgesOutput = true;
      const offset = relay.output(executionId).length;
      relay.send({ t: 'output-ack', executionId, attempt: 1, stream: 'stdout', offset });
      const result = await relay.result(executionId);
      expect(result).toMatchObject({ outcome: { exitCode: 0 }, stdoutBytes: size });
      expect(createHash('sha256').update(relay.output(executionId)).digest('hex')).toBe(result.stdoutSha256);
      // 16 MiB through SSH and the tunnel, on a machine that may be busy.
    },
    60_000,
  );
});

describe('a cancel', () => {
  it('ends what waits as cancelled; what runs goes on', async () => {
    test = await site.start({ limits: { runningPerNodeMax: 1 } });
    const { relay } = test;
    const running = await makeDispatch(site, 'sleep 1; hostname', [web.node]);
    const waiting = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(running.frame);
    await relay.started(running.executionId);
    relay.send(waiting.frame, {
      ...{ t: 'cancel', executionIds: [running.executionId, waiting.executionId], stop: false },
    });
    expect((await relay.result(waiting.executionId)).outcome).toMatchObject({
      kind: 'not_started',
      reason: 'cancelled',
    });
    expect((await relay.result(running.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  it('with a stop also ends a change that runs, with all that it started, and says why', async () => {
    test = await site.start();
    const { relay } = test;
    const { frame, executionId } = await makeDispatch(site, 'echo begun; sleep 301 & sleep 302', [web.node], approved);
    relay.send(frame);
    await relay.started(executionId);
    await relay.until('its output', () => relay.output(executionId).length > 0);
    relay.send({ t: 'cancel', executionIds: [executionId], stop: true });
    expect((await relay.result(executionId)).outcome).toEqual({
      ...{ kind: 'exited', exitCode: null, signal: 'TERM', reason: 'cancelled' },
    });
    expect(relay.output(executionId).toString()).toBe('begun\n');
    expect(await web.onNode('pgrep -f "sleep 30[12]" | wc -l')).toBe('0\n');
  });
});

describe('a relay', () => {
  it('whose clock is a minute off gets no work done until the clocks agree', async () => {
    const { relay, config } = await site.enrol();
    relay.behaviour.clockOffsetMs = 60_000;
    test = await startTestSatellite(config, relay);
    const first = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(first.frame);
    expect((await relay.result(first.executionId)).outcome).toMatchObject({
      kind: 'not_started',
      reason: 'clock_skew',
    });
    expect(test.logs.join('')).toContain('behind the relay');
    relay.behaviour.clockOffsetMs = 0;
    relay.cut();
    await relay.connected(2);
    const second = await makeDispatch(site, 'hostname', [web.node]);
    relay.send(second.frame);
    expect((await relay.result(second.executionId)).outcome).toMatchObject({ kind: 'exited' });
  });

  it('tells the time again and again: a skew that is gone is forgotten without a reconnect, one that comes is noticed', async () => {
    const { relay, config } = await site.enrol();
    relay.behaviour.clockOffsetMs = 60_000;
    test = await startTestSatellite(config, relay);
    const outcomeOf = async () => {
      const { frame, executionId } = await makeDispatch(site, 'hostname', [web.node]);
      relay.send(frame);
      return (await relay.result(executionId)).outcome;
    };
    expect(await outcomeOf()).toMatchObject({ kind: 'not_started', reason: 'clock_skew' });
    // Of two times that are told the one that was read sooner counts.
    relay.send({ t: 'clock', relayTimeMs: Date.now() });
    relay.send({ t: 'clock', relayTimeMs: Date.now() });
    expect(await outcomeOf()).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(test.logs.join('')).toContain('agree again');
    relay.send({ t: 'clock', relayTimeMs: Date.now() - 45_000 });
    expect(await outcomeOf()).toMatchObject({ kind: 'exited', exitCode: 0 });
    relay.send({ t: 'clock', relayTimeMs: Date.now() - 45_000 });
    expect(await outcomeOf()).toMatchObject({ kind: 'not_started', reason: 'clock_skew' });
    expect(test.logs.join('')).toContain('45 s ahead of the relay');
    expect(relay.connections()).toBe(1);
  });

  it('that breaks the protocol is left, and met again', async () => {
    test = await site.start();
    const { relay } = test;
    for (const [index, garbage] of [Buffer.from('91a3666f6f', 'hex'), Buffer.from('c1', 'hex')].entries()) {
      relay.sendRaw(garbage);
      await relay.connected(index + 2);
    }
    expect(test.logs.join('')).toContain('the relay broke the protocol');
  });

  it('that refuses the satellite is asked again slowly, and the satellite says what is wrong', async () => {
    test = await site.start();
    const { relay } = test;
    relay.behaviour.refusesWith = { code: 'satellite_revoked', message: 'This satellite was revoked. Enrol it again.' };
    relay.cut();
    await relay.until('the refusal in the log', () => test.logs.join('').includes('This satellite was revoked'));
    relay.behaviour.refusesWith = null;
    await relay.connected(2);
  });
});

function later(ms: number): Promise<'later'> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('later'), ms);
  });
}
