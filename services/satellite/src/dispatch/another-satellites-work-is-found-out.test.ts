// Two satellites of one site, each with a journal and a relay of its own: what one was sent, the other finds out on the node.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SatelliteProcess, spawnSatellite } from '../fixtures/satellite-process.ts';
import {
  approved,
  makeDispatch,
  makeInquiry,
  startTestSite,
  type TestNode,
  type TestSatellite,
  type TestSite,
} from '../fixtures/test-site.ts';

let site: TestSite;
/** Who finds out. */
let finder: TestSatellite;
let serial = 0;

beforeAll(async () => {
  site = await startTestSite(['web-01', 'web-02', 'web-03', 'web-04']);
  finder = await site.start({ limits: { connectTimeoutMs: 1_000, findOutMs: 2_000 } });
});
afterAll(async () => {
  await finder?.satellite.stop(0);
  await site?.stop();
});

/** A change that leaves a line behind. */
async function writeChange(node: TestNode, then = '', timeoutMs = 20_000) {
  serial += 1;
  const witness = `/srv/witness-${serial}`;
  const limits = { timeoutMs, outputBytesMax: 1024 * 1024 };
  const dispatch = await makeDispatch(site, `echo ran >> ${witness}${then}`, [node.node], { ...approved, limits });
  const effects = async () => Number(await node.onNode(`cat ${witness} 2>/dev/null | wc -l`));
  return { ...dispatch, effects };
}
/** Sent to another satellite, which is killed as soon as it has said that it runs. */
async function loseAfterStart(change: Awaited<ReturnType<typeof writeChange>>) {
  const { relay, config } = await site.enrol();
  const former = await spawnSatellite(config, relay);
  relay.send(change.frame);
  const { at, bootId } = await relay.startOf(change.executionId);
  await former.kill('SIGKILL');
  return { startedAt: at, bootId };
}
const bootScript = readFileSync(join(import.meta.dirname, '../guard/scripts/boot.sh'), 'utf8');
const bootOf = async (node: TestNode) => (await node.onNode(`${bootScript}\nread_boot && echo "$now"`)).trim();
const ask = async (...args: Parameters<typeof makeInquiry> extends [unknown, ...infer Rest] ? Rest : never) => {
  const { frame } = await makeInquiry(site, ...args);
  finder.relay.send(frame);
  return frame;
};
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');
const printing = (count: number) => `; for i in $(seq ${count}); do echo line $i; sleep 0.3; done`;

// They wait most of the time, so they wait beside each other.
describe.concurrent('a change of a satellite that is gone', () => {
  it('is followed to its end by another, with all of its output', async () => {
    const node = site.node('web-01');
    const change = await writeChange(node, `${printing(8)}; echo done >&2; exit 4`);
    const known = await loseAfterStart(change);
    expect(known.bootId).toBe(await bootOf(node));
    await ask(change.envelope, known);
    const { relay } = finder;
    const result = await relay.result(change.executionId);
    const { startedAt } = known;
    expect(result).toMatchObject({ outcome: { kind: 'exited', exitCode: 4, reason: null }, attempt: 1, startedAt });
    expect(relay.output(change.executionId).toString()).toBe(lines(8));
    expect(relay.output(change.executionId, 'stderr').toString()).toBe('done\n');
    expect(result.stdoutSha256).toBe(createHash('sha256').update(lines(8)).digest('hex'));
    // Only its own satellite says that it has begun.
    expect(relay.frames.some((frame) => frame.t === 'started' && frame.executionId === change.executionId)).toBe(false);
    expect(await change.effects()).toBe(1);
  });

  it('that has ended meanwhile is read from the node, from where the cloud has it on', async () => {
    const node = site.node('web-01');
    const change = await writeChange(node, '; echo first; sleep 1; echo second; exit 7');
    const known = await loseAfterStart(change);
    await node.onNode(`until grep -q end /var/lib/sena/guard/${change.executionId}.l; do sleep 0.1; done`);
    const { relay } = finder;
    const repeated = relay.repeatedBytes();
    relay.holdsOutput(change.executionId, 'first\n');
    await ask(change.envelope, { ...known, stdoutBytes: 'first\n'.length });
    const result = await relay.result(change.executionId);
    expect(result).toMatchObject({ outcome: { kind: 'exited', exitCode: 7 }, stdoutKeptBytes: 13 });
    expect(relay.output(change.executionId).toString()).toBe('first\nsecond\n');
    expect(relay.repeatedBytes()).toBe(repeated);
    expect(await change.effects()).toBe(1);
  });

  it('is stopped at its time, proven', async () => {
    const node = site.node('web-01');
    const change = await writeChange(node, '; sleep 60', 1_000);
    const known = await loseAfterStart(change);
    // Past it by any of the clocks.
    const startedAt = new Date(Date.parse(known.startedAt) - 60_000).toISOString();
    await ask(change.envelope, { ...known, startedAt });
    const outcome = { kind: 'exited', reason: 'timeout' };
    expect(await finder.relay.result(change.executionId)).toMatchObject({ outcome });
  });

  it('whose node was rebooted is unknown, and says so', async () => {
    const node = site.node('web-02');
    const change = await writeChange(node, '; sleep 60');
    const known = await loseAfterStart(change);
    await node.onNode('until ls /srv/witness-* >/dev/null 2>&1; do sleep 0.05; done');
    await node.host.reboot();
    await ask(change.envelope, known);
    const outcome = { kind: 'unknown', reason: 'node_rebooted' };
    expect(await finder.relay.result(change.executionId)).toMatchObject({ outcome });
    expect(await change.effects()).toBe(1);
  });

  it('that ran without a guard is unknown at once', async () => {
    const change = await writeChange(site.node('web-01'));
    await ask(change.envelope, { startedAt: new Date().toISOString(), bootId: null, stdoutBytes: 5 });
    const { outcome, stdoutKeptBytes } = await finder.relay.result(change.executionId);
    expect(outcome).toMatchObject({ kind: 'unknown', reason: 'satellite_lost' });
    expect(outcome).toMatchObject({ detail: expect.stringContaining('without a guard') });
    expect(stdoutKeptBytes).toBe(5);
  });

  it('on a node that can not be reached is unknown after a while', async () => {
    const node = site.node('web-03');
    const change = await writeChange(node);
    await node.host.setLink('down');
    try {
      const past = new Date(Date.now() - 60_000).toISOString();
      await ask(change.envelope, { startedAt: past, bootId: 'boot' }, { dispatchExpiresAt: past });
      const outcome = { kind: 'unknown', reason: 'node_not_reached' };
      expect(await finder.relay.result(change.executionId)).toMatchObject({ outcome });
    } finally {
      await node.host.setLink('up');
    }
  });
});

describe('what had not begun', () => {
  /** The former satellite lives and was only cut off: it gets its dispatch, and does what it can. */
  async function startLate(change: Awaited<ReturnType<typeof writeChange>>) {
    const former = await site.start();
    former.relay.send(change.frame);
    const { outcome } = await former.relay.result(change.executionId);
    await former.satellite.stop(0);
    return outcome;
  }

  it('is not started where the boot is known under which it was sent, and can not start later', async () => {
    const node = site.node('web-01');
    const change = await writeChange(node);
    await ask(change.envelope, { startedAt: new Date().toISOString(), bootId: await bootOf(node) });
    const outcome = { kind: 'not_started', reason: 'never_arrived' };
    expect(await finder.relay.result(change.executionId)).toMatchObject({ outcome });
    expect(await startLate(change)).toMatchObject(outcome);
    expect(await change.effects()).toBe(0);
  });

  it('is unknown where its satellite never said anything; it can not start later, and then its satellite knows more', async () => {
    const change = await writeChange(site.node('web-01'));
    await ask(change.envelope);
    const { outcome } = await finder.relay.result(change.executionId);
    expect(outcome).toMatchObject({ kind: 'unknown', reason: 'satellite_lost' });
    expect(outcome).toMatchObject({ detail: expect.stringContaining('tombstone') });
    expect(await startLate(change)).toMatchObject({ kind: 'not_started', reason: 'never_arrived' });
    expect(await change.effects()).toBe(0);
  });

  it('of many at once, a start and a question agree: it ran and is followed, or it never will', async () => {
    const node = site.node('web-01');
    const former = await site.start({ limits: { runningPerNodeMax: 8 } });
    const bootId = await bootOf(node);
    const changes = await Promise.all(Array.from({ length: 6 }, () => writeChange(node)));
    const frames = await Promise.all(
      changes.map(async (change) => (await makeInquiry(site, change.envelope, { startedAt: null, bootId })).frame),
    );
    for (const [index, change] of changes.entries()) {
      if (index % 2 === 0) former.relay.send(change.frame);
      finder.relay.send(frames[index] as (typeof frames)[number]);
      if (index % 2 === 1) former.relay.send(change.frame);
    }
    for (const change of changes) {
      const own = (await former.relay.result(change.executionId)).outcome;
      const found = (await finder.relay.result(change.executionId)).outcome;
      expect(found.kind).toBe(own.kind);
      expect(await change.effects()).toBe(own.kind === 'exited' ? 1 : 0);
      expect(['exited', 'not_started']).toContain(own.kind);
    }
    await former.satellite.stop(0);
  });

  it('on a node that can not hold a guard is waited for until nobody can begin it any more, and holds up nobody else', async () => {
    const node = site.node('web-04');
    await node.onNode('rm -rf /var/lib/sena && touch /var/lib/sena');
    // As many as may run on a node.
    const waiting = await Promise.all(Array.from({ length: 4 }, () => writeChange(node)));
    for (const { envelope } of waiting) await ask(envelope);
    const own = await makeDispatch(site, 'hostname', [node.node]);
    finder.relay.send(own.frame);
    expect(await finder.relay.result(own.executionId)).toMatchObject({ outcome: { kind: 'exited', exitCode: 0 } });
    const over = await writeChange(node);
    const dispatchExpiresAt = new Date(Date.now() - 60_000).toISOString();
    await ask(over.envelope, {}, { dispatchExpiresAt });
    const outcome = { kind: 'unknown', reason: 'satellite_lost', detail: expect.stringContaining('hold a guard') };
    expect(await finder.relay.result(over.executionId)).toMatchObject({ outcome });
    const said = finder.relay.frames.flatMap((frame) => (frame.t === 'result' ? [frame.result.executionId] : []));
    for (const { executionId } of waiting) expect(said).not.toContain(executionId);
  });
});

it('both may follow one command, and both have all of it', async () => {
  const node = site.node('web-01');
  const former = await site.start();
  const change = await writeChange(node, `${printing(6)}; exit 3`);
  former.relay.send(change.frame);
  const { at, bootId } = await former.relay.startOf(change.executionId);
  await ask(change.envelope, { startedAt: at, bootId });
  for (const { relay } of [former, finder]) {
    expect((await relay.result(change.executionId)).outcome).toMatchObject({ kind: 'exited', exitCode: 3 });
    expect(relay.output(change.executionId).toString()).toBe(lines(6));
  }
  expect(await change.effects()).toBe(1);
  await former.satellite.stop(0);
});

describe('an inquiry', () => {
  let enrolled: Awaited<ReturnType<TestSite['enrol']>>;
  let process: SatelliteProcess;
  beforeAll(async () => {
    enrolled = await site.enrol();
    process = await spawnSatellite(enrolled.config, enrolled.relay);
  });
  afterAll(() => process?.kill('SIGKILL'));

  it('outlives its satellite: the next process goes on asking, and sends no byte twice', async () => {
    const { relay, config } = enrolled;
    const change = await writeChange(site.node('web-01'), `${printing(12)}; exit 5`);
    const known = await loseAfterStart(change);
    const { frame, inquiry } = await makeInquiry(site, change.envelope, known);
    relay.send(frame);
    expect(await relay.inquiryAck(inquiry.inquiryId)).toMatchObject({ accepted: true, code: null });
    await relay.until('output', () => relay.output(change.executionId).length > 0);
    await process.kill('SIGKILL');
    process = await spawnSatellite(config, relay);
    expect(await relay.result(change.executionId)).toMatchObject({ outcome: { kind: 'exited', exitCode: 5 } });
    expect(relay.output(change.executionId).toString()).toBe(lines(12));
    // Told again it is acknowledged, and answered with what is known.
    relay.send(frame);
    expect(await relay.inquiryAck(inquiry.inquiryId, 2)).toMatchObject({ accepted: true });
    expect(await relay.result(change.executionId, 2)).toMatchObject({ outcome: { kind: 'exited', exitCode: 5 } });
    expect(await change.effects()).toBe(1);
  });

  it('about its own work is answered with what it knows itself', async () => {
    const { relay } = enrolled;
    const change = await writeChange(site.node('web-01'), '; exit 6');
    relay.send(change.frame);
    await relay.result(change.executionId);
    const { frame } = await makeInquiry(site, change.envelope);
    relay.send(frame);
    expect(await relay.result(change.executionId, 2)).toMatchObject({ outcome: { kind: 'exited', exitCode: 6 } });
    expect(await change.effects()).toBe(1);
  });
});

describe('an inquiry', () => {
  it.each([
    ['for another satellite', { satelliteId: 'sat_other' }, 'envelope_other_satellite'],
    ['for another organization', { organizationId: 'org_other' }, 'envelope_other_organization'],
    ['that is too old', { notBefore: ago(120_000), expiresAt: ago(1_000) }, 'envelope_expired'],
  ])('%s is refused, and nothing is asked', async (_what, changes, code) => {
    const node = site.node('web-01');
    const change = await writeChange(node);
    const { inquiryId } = await ask(change.envelope, {}, changes);
    expect(await finder.relay.inquiryAck(inquiryId)).toMatchObject({ accepted: false, code });
    expect(await node.onNode(`ls /var/lib/sena/guard/${change.executionId}.l 2>&1 || :`)).toContain('No such file');
  });

  it('with the nonce of something else, or with other content under its id, is refused', async () => {
    const change = await writeChange(site.node('web-01'));
    const first = await makeInquiry(site, change.envelope);
    const { inquiryId, nonce } = first.inquiry;
    finder.relay.send(first.frame);
    await finder.relay.inquiryAck(inquiryId);
    const replayed = await ask(change.envelope, {}, { nonce });
    const code = 'envelope_nonce_reused';
    expect(await finder.relay.inquiryAck(replayed.inquiryId)).toMatchObject({ accepted: false, code });
    await ask((await writeChange(site.node('web-02'))).envelope, {}, { inquiryId });
    const refused = { accepted: false, code: 'envelope_content_differs' };
    expect(await finder.relay.inquiryAck(inquiryId, 2)).toMatchObject(refused);
  });

  it('starts nothing, so the halt switch does not stop it, nor does a cancel; a stop ends what runs', async () => {
    const node = site.node('web-01');
    const change = await writeChange(node, '; echo running; sleep 60');
    const known = await loseAfterStart(change);
    const halted = await site.start();
    writeFileSync(halted.config.haltFile, '');
    const { frame } = await makeInquiry(site, change.envelope, known);
    halted.relay.send(frame);
    await halted.relay.until('output', () => halted.relay.output(change.executionId).length > 0);
    halted.relay.send({ t: 'cancel', executionIds: [change.executionId], stop: false });
    halted.relay.send({ t: 'cancel', executionIds: [change.executionId], stop: true });
    const { outcome } = await halted.relay.result(change.executionId);
    expect(outcome).toMatchObject({ kind: 'exited', reason: 'cancelled' });
    await halted.satellite.stop(0);
  });
});
