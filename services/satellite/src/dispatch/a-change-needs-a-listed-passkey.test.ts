// The signer's key is in the wrong hands: everything here is signed by the pinned key. What keeps a change from running is the customer's
// own list of passkeys.
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import type { ActionProof, DispatchEnvelope, EnvelopeApproval } from '@sena/contracts/envelope';
import { executionIdFor, newId } from '@sena/contracts/ids';
import { actionChallenge } from '@sena/envelope/action-digest';
import { createSoftwarePasskey, type SoftwareAssertion, type SoftwarePasskey } from '@sena/testing/software-passkey';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseSatelliteConfig } from '../config/satellite-config.ts';
import {
  approve,
  approved,
  makeDispatch,
  startTestSatellite,
  startTestSite,
  type TestNode,
  type TestSatellite,
  type TestSite,
} from '../fixtures/test-site.ts';

const parsePolicy = (config: object) => parseSatelliteConfig('/satellite.json', JSON.stringify(config)).policy;
const page = { rpId: 'localhost', origin: 'http://localhost:7362' };
const ada = { name: 'Ada', member: 'user_ada', passkey: createSoftwarePasskey(page) };
const adasPhone = { ...ada, passkey: createSoftwarePasskey(page) };
const bo = { name: 'Bo', member: 'user_bo', passkey: createSoftwarePasskey(page) };
const stranger = { name: 'Mal', member: 'user_mal', passkey: createSoftwarePasskey(page) };
type Person = typeof ada;
const listed = ({ name, member, passkey: { credentialId, publicKey } }: Person) => ({
  ...{ name, member, rpId: page.rpId, origins: [page.origin], credentialId, publicKey },
});
const demanding = (requiredToChange: number) => ({
  policy: { passkeys: { requiredToChange, approvers: [ada, adasPhone, bo].map(listed) } },
});

let site: TestSite;
let web: TestNode;
let test: TestSatellite;
let witness: string;
let serial = 0;

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  web = site.node('web-01');
  test = await site.start(demanding(1));
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});
beforeEach(() => {
  serial += 1;
  witness = `/tmp/witness-${serial}`;
});

const effects = async () => Number(await web.onNode(`cat ${witness} 2>/dev/null | wc -l`));
const touch = () => `echo ran >> ${witness}`;

/** A change that nobody has approved yet. */
const draft = async (changes: Partial<DispatchEnvelope> = {}) =>
  (await makeDispatch(site, touch(), [web.node], { readOnly: false, ...changes })).envelope;

type Wish = {
  of?: Person;
  key?: SoftwarePasskey;
  challenge?: string;
  said?: Parameters<SoftwarePasskey['assert']>[1];
  alter?: (assertion: SoftwareAssertion) => SoftwareAssertion;
  /** What is written beside it. */
  beside?: Partial<EnvelopeApproval>;
};

/** What `of` approves when they are shown `envelope`. */
function consent(envelope: DispatchEnvelope, wish: Wish = {}): EnvelopeApproval {
  const { of = ada, alter = (assertion) => assertion } = wish;
  const { actionDigest, proof } = approve(envelope);
  const assertion = (wish.key ?? of.passkey).assert(wish.challenge ?? actionChallenge(actionDigest), wish.said);
  return {
    ...{ approvalId: newId('appr'), actionDigest, proof },
    ...{ requestedBy: 'member:user_req', decidedBy: `member:${of.member}`, decidedAt: new Date().toISOString() },
    assertion: alter(assertion),
    ...wish.beside,
  };
}

/** Signed again with whatever was changed, sent, and its end. */
async function outcomeOf(envelope: DispatchEnvelope, { relay } = test) {
  const { command, nodes } = envelope;
  const dispatch = await makeDispatch(site, command, nodes, envelope);
  relay.send(dispatch.frame);
  return (await relay.result(dispatch.executionId)).outcome;
}
const anew = () => ({ dispatchId: newId('disp'), nonce: randomBytes(16).toString('base64url') });
const ran = { kind: 'exited', exitCode: 0 };
const later = (ms: number) => new Date(Date.now() + ms).toISOString();
const flip = (text: string) => {
  const bytes = Buffer.from(text, 'base64url');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes.toString('base64url');
};
/** The same 37 bytes: the last character has bits to spare. */
const respell = (text: string) => {
  const other = ['A', 'B', 'Q', 'R', 'g', 'h', 'w', 'x'].find(
    (end) =>
      !text.endsWith(end) && Buffer.from(text.slice(0, -1) + end, 'base64url').equals(Buffer.from(text, 'base64url')),
  );
  if (other === undefined) throw new Error('it has one spelling');
  return text.slice(0, -1) + other;
};
/** Approved rightly, then changed. */
const altered = (change: (envelope: DispatchEnvelope) => Partial<DispatchEnvelope>) => (envelope: DispatchEnvelope) => {
  const approvals = [consent(envelope)];
  return { ...envelope, approvals, ...change(envelope) };
};
const consented =
  (wish: Wish | ((envelope: DispatchEnvelope) => Wish)) =>
  (envelope: DispatchEnvelope): DispatchEnvelope => ({
    ...envelope,
    approvals: [consent(envelope, typeof wish === 'function' ? wish(envelope) : wish)],
  });
const provenAs = (change: Partial<ActionProof>) => (envelope: DispatchEnvelope) => {
  const given = consent(envelope);
  return { ...envelope, approvals: [{ ...given, proof: { ...given.proof, ...change } }] };
};
const nodesWith = (change: Partial<DispatchEnvelope['nodes'][number]>) =>
  altered(({ nodes }) => ({ nodes: nodes.map((node) => ({ ...node, ...change })) }));

const forgeries: Array<[string, RegExp, (envelope: DispatchEnvelope) => DispatchEnvelope]> = [
  ['nobody approved', /nobody has approved/, (envelope) => envelope],
  [
    'nobody approved, and the cloud calls it reading',
    /nobody has approved/,
    (envelope) => ({ ...envelope, readOnly: true }),
  ],
  ['it was approved without a passkey', /came without a passkey/, consented({ beside: { assertion: null } })],
  ['the passkey is not listed', /not listed here/, consented({ of: stranger })],
  [
    'a stranger’s passkey is called Ada’s',
    /not made by the listed key/,
    consented({ key: stranger.passkey, alter: (a) => ({ ...a, credentialId: ada.passkey.credentialId }) }),
  ],
  [
    'Bo’s signature is called Ada’s',
    /not made by the listed key/,
    consented({ key: bo.passkey, alter: (a) => ({ ...a, credentialId: ada.passkey.credentialId }) }),
  ],
  [
    'the challenge is another one',
    /something else than this action/,
    consented({ challenge: randomBytes(32).toString('base64url') }),
  ],
  [
    'the challenge is the digest’s text',
    /something else than this action/,
    consented((e) => ({ challenge: Buffer.from(approve(e).actionDigest).toString('base64url') })),
  ],
  [
    'another command was signed for',
    /something else than this action/,
    consented((e) => ({ challenge: actionChallenge(approve({ ...e, command: 'uptime' }).actionDigest) })),
  ],
  [
    'the approval is of another command',
    /approved is something else/,
    (e) => ({ ...e, approvals: [consent({ ...e, command: 'uptime' })] }),
  ],
  [
    'the digest is another’s, beside the right proof',
    /approved is something else/,
    (e) => ({ ...e, approvals: [{ ...consent(e), actionDigest: approve({ ...e, command: 'uptime' }).actionDigest }] }),
  ],
  ['the command was altered', /approved is something else/, altered((e) => ({ command: `${e.command} ` }))],
  ['the environment was altered', /approved is something else/, altered(() => ({ environment: { LANG: 'C' } }))],
  [
    'the limits were altered',
    /approved is something else/,
    altered((e) => ({ limits: { ...e.limits, timeoutMs: 60_000 } })),
  ],
  ['the shell was altered', /approved is something else/, altered(() => ({ shell: 'bash' }))],
  ['the step was altered', /approved is something else/, altered(() => ({ step: 'step-2' }))],
  ['the run was altered', /approved is something else/, altered(() => ({ runId: newId('run') }))],
  ['the login was altered', /approved is something else/, nodesWith({ runAs: 'root2' })],
  ['the address was altered', /approved is something else/, nodesWith({ address: '127.0.0.2' })],
  ['the port was altered', /approved is something else/, nodesWith({ port: 22 })],
  ['the host key was altered', /approved is something else/, nodesWith({ hostKey: null })],
  ['the credential was altered', /approved is something else/, nodesWith({ credential: 'other' })],
  ['the node was altered', /approved is something else/, nodesWith({ nodeId: newId('node') })],
  [
    'a node was added',
    /approved is something else/,
    altered((e) => ({
      nodes: e.nodes.flatMap((node) => [node, { ...node, executionId: executionIdFor(e.runId, 'x', node.nodeId) }]),
    })),
  ],
  ['the approval’s nonce was altered', /approved is something else/, provenAs({ approvalNonce: 'another' })],
  ['the approval’s end was moved', /approved is something else/, provenAs({ expiresAt: later(3_600_000) })],
  ['the approval’s begin was moved', /approved is something else/, provenAs({ notBefore: later(-3_600_000) })],
  ['it was made for another site', /Unexpected RP ID hash/, consented({ said: { rpId: 'evil.test' } })],
  [
    'it was made on another page',
    /not one of its listed origins/,
    consented({ said: { origin: 'http://localhost:9999' } }),
  ],
  [
    'it was made on the page without its port',
    /not one of its listed origins/,
    consented({ said: { origin: 'http://localhost' } }),
  ],
  ['it was made in a frame', /frame of another page/, consented({ said: { crossOrigin: true } })],
  ['it is a registration', /no answer to a request to approve/, consented({ said: { type: 'webauthn.create' } })],
  ['its owner was not verified', /user could not be verified/, consented({ said: { flags: 0b001 } })],
  ['nobody was there', /User not present/, consented({ said: { flags: 0b100 } })],
  [
    'a bit of its signature was altered',
    /Ada’s passkey/,
    consented({ alter: (a) => ({ ...a, signature: flip(a.signature) }) }),
  ],
  [
    'its count was altered',
    /not made by the listed key/,
    consented({ alter: (a) => ({ ...a, authenticatorData: flip(a.authenticatorData) }) }),
  ],
  [
    'its page was written in afterwards',
    /not made by the listed key/,
    consented((e) => ({
      said: { origin: 'https://evil.test' },
      alter: (a) => ({
        ...a,
        clientDataJSON: ada.passkey.assert(actionChallenge(approve(e).actionDigest)).clientDataJSON,
      }),
    })),
  ],
  [
    'it is empty of sense',
    /Ada’s passkey is not right/,
    consented({ alter: (a) => ({ ...a, clientDataJSON: 'AAAA' }) }),
  ],
  [
    'it is cut',
    /Ada’s passkey is not right/,
    consented({ alter: (a) => ({ ...a, authenticatorData: a.authenticatorData.slice(0, 20) }) }),
  ],
  [
    'it is spelled otherwise',
    /not written as base64url/,
    consented({ alter: (a) => ({ ...a, authenticatorData: respell(a.authenticatorData) }) }),
  ],
  [
    'she asked for it herself',
    /its requester approved it alone/,
    consented({ beside: { requestedBy: 'member:user_ada' } }),
  ],
  ['she asked for it herself, by her bare id', /Ada asked for it/, consented({ beside: { requestedBy: 'user_ada' } })],
  ['another member decided', /another member decided/, consented({ beside: { decidedBy: 'member:user_bo' } })],
];

describe('where the satellite demands a passkey, a change does not run when', () => {
  it.each(forgeries)('%s', async (_name, why, forge) => {
    const outcome = await outcomeOf(forge(await draft()));
    expect(outcome).toMatchObject({
      kind: 'not_started',
      reason: 'policy_refused',
      detail: expect.stringMatching(why),
    });
    expect(await effects()).toBe(0);
  });

  it('its approval is for a later time', async () => {
    const early = await draft({ notBefore: later(25_000) });
    const approval = consent({ ...early, notBefore: later(300_000) });
    const outcome = await outcomeOf({ ...early, approvals: [approval] });
    expect(outcome).toMatchObject({
      kind: 'not_started',
      detail: expect.stringMatching(/was approved for .* and later/),
    });
    expect(await effects()).toBe(0);
  });

  it('its approval has ended', async () => {
    const envelope = await draft();
    const approval = consent({ ...envelope, expiresAt: later(-100) });
    const outcome = await outcomeOf({ ...envelope, approvals: [approval] });
    expect(outcome).toMatchObject({ kind: 'not_started', detail: expect.stringMatching(/approval ends before/) });
    expect(await effects()).toBe(0);
  });

  it('and says who is listed and what to do', async () => {
    expect(await outcomeOf(consented({ beside: { assertion: null } })(await draft()))).toMatchObject({
      detail: expect.stringMatching(/policy\.passkeys.*Ask again.*`sena approve`.*Listed: Ada, Bo/s),
    });
  });
});

describe('where the satellite demands a passkey,', () => {
  it('a change runs once with it, and reading goes on without', async () => {
    expect(await outcomeOf(consented({})(await draft()))).toMatchObject(ran);
    expect(await effects()).toBe(1);
    const { frame, executionId } = await makeDispatch(site, 'hostname', [web.node]);
    test.relay.send(frame);
    expect((await test.relay.result(executionId)).outcome).toMatchObject(ran);
  });

  it('a change runs in the window it was approved for, as seen by a clock that is less than 30 s behind', async () => {
    const before = await effects();
    const ahead = await draft({ notBefore: later(25_000) });
    expect(await outcomeOf({ ...ahead, approvals: [consent(ahead)] })).toMatchObject(ran);
    expect(await effects()).toBe(before + 1);
  });

  it('a second, unlisted approver beside a listed one does no harm', async () => {
    const envelope = await draft();
    expect(
      await outcomeOf({ ...envelope, approvals: [consent(envelope, { of: stranger }), consent(envelope, { of: bo })] }),
    ).toMatchObject(ran);
    expect(await effects()).toBe(1);
  });

  it('what reads runs without only as long as nothing beside it changes what runs', async () => {
    const [reading, pager] = [{ command: 'hostname' }, { environment: { PAGER: 'sh' } }];
    const envelope = { ...(await draft({ ...reading, ...pager })), readOnly: true };
    const refused = { kind: 'not_started', reason: 'policy_refused' };
    expect(await outcomeOf(envelope)).toMatchObject(refused);
    expect(await outcomeOf(consented({ beside: { assertion: null } })(envelope))).toMatchObject(refused);
    expect(await outcomeOf({ ...consented({})(await draft({ ...reading, ...pager })) })).toMatchObject(ran);
  });

  it('that holds as well where the customer has switched approvals off', async () => {
    const { policy } = demanding(1);
    const bold = await site.start({ policy: { ...policy, approvalRequiredToChange: false } });
    try {
      for (const forge of [(envelope: DispatchEnvelope) => envelope, consented({ of: stranger })]) {
        expect(await outcomeOf(forge(await draft()), bold)).toMatchObject({
          kind: 'not_started',
          detail: expect.stringMatching(/changes nothing without the passkey/),
        });
      }
      expect(await effects()).toBe(0);
      expect(await outcomeOf(consented({})(await draft()), bold)).toMatchObject(ran);
    } finally {
      await bold.satellite.stop(0);
    }
  });

  it('what was journaled before the list was made is judged by the list', async () => {
    const enrolled = await site.enrol({ limits: { runningPerNodeMax: 1 } });
    let satellite = await startTestSatellite(enrolled.config, enrolled.relay);
    const busy = await makeDispatch(site, 'sleep 3', [web.node], approved);
    enrolled.relay.send(busy.frame);
    await enrolled.relay.started(busy.executionId);
    const envelope = consented({ beside: { assertion: null } })(await draft());
    const waiting = await makeDispatch(site, envelope.command, envelope.nodes, envelope);
    enrolled.relay.send(waiting.frame);
    await enrolled.relay.ack(waiting.frame.dispatchId);
    await satellite.satellite.stop(0);
    const config = { ...enrolled.config, policy: parsePolicy(demanding(1)) };
    satellite = await startTestSatellite(config, enrolled.relay);
    expect((await enrolled.relay.result(waiting.executionId)).outcome).toMatchObject({
      kind: 'not_started',
      reason: 'policy_refused',
    });
    await satellite.satellite.stop(0);
    expect(await effects()).toBe(0);
  });

  it('two people are two people', async () => {
    const strict = await site.start(demanding(2));
    try {
      const refused = { kind: 'not_started', detail: expect.stringMatching(/passkeys of 2 people/) };
      for (const people of [[ada], [ada, ada], [ada, adasPhone], [bo, stranger]]) {
        const envelope = await draft();
        const approvals = people.map((of) => consent(envelope, { of }));
        expect(await outcomeOf({ ...envelope, approvals }, strict)).toMatchObject(refused);
        expect(await effects()).toBe(0);
      }
      const envelope = await draft();
      const approvals = [consent(envelope, { of: adasPhone }), consent(envelope, { of: bo })];
      expect(await outcomeOf({ ...envelope, approvals }, strict)).toMatchObject(ran);
      expect(await effects()).toBe(1);
    } finally {
      await strict.satellite.stop(0);
    }
  });

  it('the halt switch stops what is approved rightly, too', async () => {
    writeFileSync(test.config.haltFile, '');
    try {
      expect(await outcomeOf(consented({})(await draft()))).toMatchObject({ kind: 'not_started', reason: 'halted' });
      expect(await effects()).toBe(0);
    } finally {
      rmSync(test.config.haltFile);
    }
  });
});

describe('an approval is used up', () => {
  /** The same command on the same node by the same approval, as another execution. */
  const repeated = (envelope: DispatchEnvelope): DispatchEnvelope => ({
    ...envelope,
    ...anew(),
    nodes: envelope.nodes.map((node) => ({ ...node, executionId: executionIdFor(newId('run'), 'again', node.nodeId) })),
  });
  const spent = { kind: 'not_started', reason: 'policy_refused', detail: expect.stringMatching(/for one time/) };

  it('by the first execution; the same one may be told again', async () => {
    const envelope = consented({})(await draft());
    expect(await outcomeOf(envelope)).toMatchObject(ran);
    expect(await outcomeOf(repeated(envelope))).toMatchObject(spent);
    expect(await outcomeOf({ ...envelope, ...anew(), assignmentEpoch: 2 })).toMatchObject(ran);
    expect(await effects()).toBe(1);
  });

  it('also after a restart, and where no passkey is asked for', async () => {
    const enrolled = await site.enrol();
    let plain = await startTestSatellite(enrolled.config, enrolled.relay);
    const envelope = consented({ beside: { assertion: null } })(await draft());
    expect(await outcomeOf(envelope, plain)).toMatchObject(ran);
    await plain.satellite.stop(0);
    plain = await startTestSatellite(enrolled.config, enrolled.relay);
    expect(await outcomeOf(repeated(envelope), plain)).toMatchObject(spent);
    await plain.satellite.stop(0);
    expect(await effects()).toBe(1);
  });

  it('by one of two that come together', async () => {
    const envelope = consented({})(await draft());
    const outcomes = await Promise.all([outcomeOf(envelope), outcomeOf(repeated(envelope))]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['exited', 'not_started']);
    expect(await effects()).toBe(1);
  });

  it('by a command that began nothing, as well', async () => {
    const envelope = consented({})(await draft());
    writeFileSync(test.config.haltFile, '');
    try {
      expect(await outcomeOf(envelope)).toMatchObject({ reason: 'halted' });
    } finally {
      rmSync(test.config.haltFile);
    }
    expect(await outcomeOf(repeated(envelope))).toMatchObject(spent);
    expect(await effects()).toBe(0);
  });
});
