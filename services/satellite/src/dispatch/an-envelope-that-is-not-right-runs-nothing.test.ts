import { rmSync, writeFileSync } from 'node:fs';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
let web: TestNode;
let serial = 0;
let witness: string;
let touch: string;

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  test = await site.start();
  web = site.node('web-01');
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});
beforeEach(() => {
  serial += 1;
  witness = `/tmp/witness-${serial}`;
  touch = `echo ran >> ${witness}`;
});

/** How often it ran, read on the node itself. */
const effects = async () => Number(await web.onNode(`cat ${witness} 2>/dev/null | wc -l`));
const hostname = async () => {
  const { frame, executionId } = await makeDispatch(site, 'hostname', [web.node]);
  test.relay.send(frame);
  return (await test.relay.result(executionId)).outcome;
};

describe('an envelope', () => {
  it('signed by another key is refused', async () => {
    const { envelope, frame } = await makeDispatch(site, touch, [web.node], approved);
    const forged = await signEnvelope(envelope, { keyId: 'dkey_1', privateKey: generateKeyPair().privateKey });
    test.relay.send({ ...frame, envelope: forged });
    expect(await test.relay.ack(frame.dispatchId)).toMatchObject({ accepted: false, code: 'envelope_signature_wrong' });
  });

  it('signed by a key that is not pinned is refused', async () => {
    const { frame } = await makeDispatch(site, touch, [web.node], approved, 'dkey_2');
    test.relay.send(frame);
    expect(await test.relay.ack(frame.dispatchId)).toMatchObject({ accepted: false, code: 'envelope_key_unknown' });
  });

  it('altered by one character is refused', async () => {
    const { frame } = await makeDispatch(site, touch, [web.node], approved);
    const at = Math.floor(frame.envelope.length / 2);
    const other = frame.envelope[at] === 'A' ? 'B' : 'A';
    test.relay.send({ ...frame, envelope: frame.envelope.slice(0, at) + other + frame.envelope.slice(at + 1) });
    expect(await test.relay.ack(frame.dispatchId)).toMatchObject({ accepted: false });
  });

  it.each<[string, (site: TestSite) => Partial<DispatchEnvelope>, string]>([
    ['for another satellite', () => ({ satelliteId: 'sat_other' }), 'envelope_other_satellite'],
    ['for another organization', () => ({ organizationId: 'org_other' }), 'envelope_other_organization'],
  ])('%s is refused', async (_name, changes, code) => {
    const { frame } = await makeDispatch(site, touch, [web.node], { ...approved, ...changes(site) });
    test.relay.send(frame);
    expect(await test.relay.ack(frame.dispatchId)).toMatchObject({ accepted: false, code });
  });

  it('sent under another dispatch is refused', async () => {
    const { frame } = await makeDispatch(site, touch, [web.node], approved);
    test.relay.send({ ...frame, dispatchId: 'disp_other' });
    expect(await test.relay.ack('disp_other')).toMatchObject({ accepted: false, code: 'envelope_other_dispatch' });
  });

  it('that has expired starts nothing and every execution says so', async () => {
    const { frame, executionId } = await makeDispatch(site, touch, [web.node], {
      ...approved,
      notBefore: '2020-01-01T00:00:00Z',
      expiresAt: '2020-01-01T00:01:00Z',
    });
    test.relay.send(frame);
    expect((await test.relay.result(executionId)).outcome).toMatchObject({ kind: 'not_started', reason: 'expired' });
  });

  it('with a nonce that was used before is refused', async () => {
    const first = await makeDispatch(site, 'hostname', [web.node]);
    const second = await makeDispatch(site, touch, [web.node], { ...approved, nonce: first.envelope.nonce });
    // Two of one message are verified side by side: whichever is journaled first counts.
    test.relay.send(first.frame);
    await test.relay.ack(first.envelope.dispatchId);
    test.relay.send(second.frame);
    expect(await test.relay.ack(second.envelope.dispatchId)).toMatchObject({ code: 'envelope_nonce_reused' });
  });

  it('with the id of another one is refused', async () => {
    const first = await makeDispatch(site, 'hostname', [web.node]);
    const second = await makeDispatch(site, touch, [web.node], { ...approved, dispatchId: first.envelope.dispatchId });
    test.relay.send(first.frame);
    await test.relay.result(first.executionId);
    test.relay.send(second.frame);
    expect(await test.relay.ack(first.envelope.dispatchId, 2)).toMatchObject({ code: 'envelope_content_differs' });
  });
});

describe('the satellite’s own policy', () => {
  const outcomeOf = async (command: string, changes: Partial<DispatchEnvelope>) => {
    const { frame, executionId } = await makeDispatch(site, command, [web.node], changes);
    test.relay.send(frame);
    return (await test.relay.result(executionId)).outcome;
  };
  const refused = { kind: 'not_started', reason: 'policy_refused' };

  it('does not believe that a change is read-only because the envelope says so', async () => {
    expect(await outcomeOf(touch, { readOnly: true })).toMatchObject(refused);
  });

  it('does not let the requester approve alone', async () => {
    const approvals = (approved.approvals ?? []).map((approval) => ({ ...approval, decidedBy: approval.requestedBy }));
    expect(await outcomeOf(touch, { readOnly: false, approvals })).toMatchObject(refused);
  });

  it('does not take the approval of another command, or of a shorter time', async () => {
    const given = async () => {
      const { runId, approvals, expiresAt } = (await makeDispatch(site, 'echo something else', [web.node], approved))
        .envelope;
      return { readOnly: false, runId, approvals, expiresAt };
    };
    expect(await outcomeOf(touch, await given())).toMatchObject(refused);
    const short = await given();
    const expiresAt = new Date(Date.parse(short.expiresAt) + 1).toISOString();
    expect(await outcomeOf('echo something else', { ...short, expiresAt })).toMatchObject(refused);
    expect(await outcomeOf('echo something else', await given())).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  it('does not run a read-only text in another shell than the one that was judged', async () => {
    expect(await outcomeOf('hostname', { shell: 'bash' })).toMatchObject(refused);
  });

  it('does not call a reading harmless whose environment changes what runs', async () => {
    const harmful: Array<Record<string, string>> = [
      { LESSOPEN: '|x' },
      { SYSTEMD_PAGER: 'sh -c id', GCONV_PATH: '/tmp/x' },
      { GCONV_PATH: '/tmp/x' },
      { PERL5OPT: '-Mx' },
      // A harmless name is none with every value.
      { TZ: ':/tmp/x' },
      { TERM: '../../tmp/x' },
      { LANG: '../../tmp/x' },
    ];
    for (const environment of harmful)
      expect([environment, await outcomeOf('hostname', { environment })]).toMatchObject([environment, refused]);
    expect(await outcomeOf('hostname', { ...approved, environment: { LD_PRELOAD: '/x.so' } })).toMatchObject(refused);
    expect(await outcomeOf('hostname', { environment: { TZ: 'UTC' } })).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  it('starts nothing while the halt switch is on', async () => {
    writeFileSync(test.config.haltFile, '');
    try {
      expect(await outcomeOf('hostname', {})).toMatchObject({ kind: 'not_started', reason: 'halted' });
    } finally {
      rmSync(test.config.haltFile);
    }
  });
});

describe('after all that', () => {
  it('nothing has run on the node, and the satellite works as before, on the same connection', async () => {
    expect(await web.onNode('ls /tmp')).not.toContain('witness');
    expect(await hostname()).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(test.relay.connections()).toBe(1);
  });

  it('an approved change does run: the witness is a real one', async () => {
    const { frame, executionId } = await makeDispatch(site, touch, [web.node], approved);
    test.relay.send(frame);
    await test.relay.result(executionId);
    expect(await effects()).toBe(1);
  });

  it('no log holds an envelope or a key', () => {
    const logs = test.logs.join('');
    expect(logs).toContain('a dispatch was refused');
    expect(logs).toContain('0af7651916cd43dd8448eb211c80319c');
    expect(logs).not.toMatch(/eyJ[A-Za-z0-9_-]{20}|PRIVATE KEY/);
  });
});
