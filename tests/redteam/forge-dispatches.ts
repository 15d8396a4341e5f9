// The attacker is the relay: it has the tunnel, every envelope that was ever signed for this satellite, for another one and for another
// organization, and sends what it likes. The satellite and the host's sshd are real. Entered by run-redteam.
import { createHmac, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import type { RelayFrame } from '@sena/contracts/frames';
import { newId } from '@sena/contracts/ids';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import {
  approved,
  makeDispatch,
  makeInquiry,
  startTestSatellite,
  startTestSite,
  type TestSatellite,
} from '../../services/satellite/src/fixtures/test-site.ts';
import { type SeededRandom, seededRandom } from '../faults/seeded-random.ts';
import { mutateBytes } from '../fuzz/mutate/mutate-bytes.ts';
import { mutateValue } from '../fuzz/mutate/mutate-value.ts';
import { type AttackResult, count, countLines, type ForgeryTally, sessionsIn, tallyOf } from './attack.ts';

type DispatchFrame = Extract<RelayFrame, { t: 'dispatch' }>;
type Genuine = Awaited<ReturnType<typeof makeDispatch>>;

const effects = '/tmp/effects';
const framesAtOnce = 40;
const answerMsMax = 60_000;
/** A node is cleaned for two seconds after its last outcome was acknowledged. */
const quietMs = 3_000;

/** `forgeries`: at least so many in all. */
export async function forgeDispatches({ seed, forgeries }: { seed: number; forgeries: number }): Promise<AttackResult> {
  const site = await startTestSite(['web-01']);
  const web = site.node('web-01');
  let satellite: TestSatellite = await site.start();
  const { relay, config } = satellite;
  const byKind: Record<string, ForgeryTally> = {};
  const problems: string[] = [];
  const write = (line: string) => `echo ${line} >> ${effects}`;
  const make = (line: string, changes: Partial<DispatchEnvelope> = {}) =>
    makeDispatch(site, write(line), [web.node], { ...approved, ...changes });

  async function runs(dispatch: Genuine): Promise<void> {
    relay.send(dispatch.frame);
    const { outcome } = await relay.result(dispatch.executionId);
    if (outcome.kind !== 'exited') problems.push(`a genuine command ended as ${JSON.stringify(outcome)}`);
  }

  async function untilQuiet(): Promise<number> {
    let known = -1;
    for (;;) {
      const now = sessionsIn(await web.host.sshdLog());
      if (now === known) return now;
      known = now;
      await sleep(quietMs);
    }
  }

  try {
    const ran = [await make('genuine-1'), await make('genuine-2')];
    for (const dispatch of ran) await runs(dispatch);
    // Placed anew under epoch 2, which ran; what was signed under epoch 1 never arrived.
    const former = await make('former');
    const { runId, nodes } = former.envelope;
    await runs(
      await makeDispatch(site, write('genuine-3'), [web.node], { ...approved, runId, nodes, assignmentEpoch: 2 }),
    );
    const withheld: Withheld = {
      ran,
      former,
      // Genuine, and never sent as they are.
      pending: [await make('pending-1'), await make('pending-2')],
      reading: await makeDispatch(site, 'id', [web.node]),
      expired: await make('expired', {
        notBefore: new Date(Date.now() - 7_200_000).toISOString(),
        expiresAt: new Date(Date.now() - 3_600_000).toISOString(),
      }),
      otherSatellite: await make('other-satellite', { satelliteId: newId('sat') }),
      ...(await ofAnotherOrganization(await Promise.all([1, 2, 3, 4, 5].map(() => make('other-organization'))))),
      inquiry: (await makeInquiry(site, former.envelope)).frame.envelope,
      publicKey: site.signer.publicKey.export({ type: 'spki', format: 'der' }),
      claim: async (changes) => (await make('forged', changes)).envelope,
      signed: (line, changes) => make(line, changes).then(({ frame }) => frame),
    };

    const before = await untilQuiet();
    const kinds = Object.entries(forgeryKinds);
    const weights = kinds.reduce((sum, [, { weight }]) => sum + weight, 0);
    for (const [kind, { weight, forge }] of kinds) {
      const wanted = Math.ceil((forgeries * weight) / weights);
      const frames: RelayFrame[] = [];
      for (let index = 0; frames.length < wanted; index += 1)
        frames.push(...(await forge(withheld, seededRandom(seed, kind, index))));
      await sendAll(kind, frames);
    }
    // Once more over another connection, and to a process that has read its journal again.
    relay.cut();
    await relay.connected(relay.connections() + 1);
    await sendAll(
      'replay over another connection',
      ran.flatMap(({ frame }) => replaysOf(frame)),
    );
    await satellite.satellite.stop(0);
    satellite = await startTestSatellite(config, relay);
    await sendAll(
      'replay after a restart of the satellite',
      ran.flatMap(({ frame }) => replaysOf(frame)),
    );
    const sessionsDuring = (await untilQuiet()) - before;

    const last = await make('genuine-4');
    await runs(last);
    await untilQuiet();
    const lines = countLines(await web.onNode(`cat ${effects}`));
    const genuine = ['genuine-1', 'genuine-2', 'genuine-3', 'genuine-4'];
    const controls = Object.fromEntries(genuine.map((line) => [line, lines[line] ?? 0]));
    const executions = Object.entries(lines).reduce(
      (sum, [line, times]) => sum + (genuine.includes(line) ? times - 1 : times),
      0,
    );
    return { with: 'the relay’s credentials', byKind, sessionsDuring, executions, controls, problems };
  } finally {
    await satellite.satellite.stop(0);
    await site.stop();
  }

  /** Every frame is answered, one way or the other; the answers are counted by what they say. */
  async function sendAll(kind: string, frames: readonly RelayFrame[]): Promise<void> {
    const tally = tallyOf(byKind, kind);
    const connectionsBefore = relay.connections();
    for (let start = 0; start < frames.length; start += framesAtOnce) {
      const batch = frames.slice(start, start + framesAtOnce);
      const from = relay.frames.length;
      relay.send(...batch);
      tally.sent += batch.length;
      const untilMs = performance.now() + answerMsMax;
      const answers = () =>
        relay.frames.slice(from).filter((frame) => frame.t === 'dispatch-ack' || frame.t === 'inquiry-ack');
      while (answers().length < batch.length && performance.now() < untilMs) await sleep(2);
      if (answers().length < batch.length)
        problems.push(`${kind}: ${answers().length} of ${batch.length} were answered`);
      for (const { accepted, code } of answers())
        count(tally.answers, accepted ? 'known already, or told as not started' : `${code}`);
    }
    if (relay.connections() !== connectionsBefore) problems.push(`${kind}: the satellite hung up`);
  }
}

interface Withheld {
  readonly ran: readonly Genuine[];
  readonly former: Genuine;
  readonly pending: readonly Genuine[];
  readonly reading: Genuine;
  readonly expired: Genuine;
  readonly otherSatellite: Genuine;
  readonly otherOrganization: readonly DispatchFrame[];
  readonly inquiry: string;
  readonly publicKey: Buffer;
  /**
   * What the signer would say of a command that nobody asked for, with an approval that fits it in every digest: those need no key. Only the
   * signature is not to be had.
   */
  claim(changes?: Partial<DispatchEnvelope>): Promise<DispatchEnvelope>;
  /** With the organization's own key: what a database superuser can bring about. */
  signed(line: string, changes: Partial<DispatchEnvelope>): Promise<DispatchFrame>;
}

/** Another customer of the same cloud, with a signer's key of its own: its genuine words, and its key under our names. */
async function ofAnotherOrganization(dispatches: readonly Genuine[]): Promise<Pick<Withheld, 'otherOrganization'>> {
  const theirs = generateKeyPair();
  const changes: ReadonlyArray<[changes: Partial<DispatchEnvelope>, keyId: string]> = [
    [{ organizationId: newId('org'), satelliteId: newId('sat') }, 'dkey_9'],
    [{ organizationId: newId('org') }, 'dkey_9'],
    [{ organizationId: newId('org') }, 'dkey_1'],
    [{}, 'dkey_9'],
    [{}, 'dkey_1'],
  ];
  const otherOrganization = await Promise.all(
    dispatches.map(async ({ frame, envelope }, index) => {
      const [change, keyId] = changes[index % changes.length] ?? [{}, 'dkey_1'];
      const jws = await signEnvelope({ ...envelope, ...change }, { keyId, privateKey: theirs.privateKey });
      return { ...frame, envelope: jws };
    }),
  );
  return { otherOrganization };
}

const forged = `echo forged >> ${effects}`;

const forgeryKinds: Readonly<
  Record<
    string,
    { weight: number; forge(withheld: Withheld, random: SeededRandom): RelayFrame[] | Promise<RelayFrame[]> }
  >
> = {
  'altered command, with an approval that fits it': {
    weight: 12,
    forge: async ({ pending, reading, ran, claim }, random) =>
      replaced(
        random.pick([...pending, reading, ...ran]),
        await claim(random.pick<Partial<DispatchEnvelope>>([{}, { shell: 'bash' }])),
      ),
  },
  'altered reading': {
    weight: 4,
    forge: async ({ reading, claim }, random) => {
      const command = random.pick(['hostname', 'uptime', 'cat /etc/hostname', 'id -u']);
      return replaced(reading, await claim({ command, readOnly: true, approvals: [] }));
    },
  },
  'altered node set, with an approval that fits it': {
    weight: 8,
    forge: async ({ pending, reading, claim }, random) => {
      const [node] = reading.envelope.nodes;
      if (node === undefined) throw new Error('a genuine dispatch has a node');
      const more = { ...node, executionId: newId('disp'), nodeId: newId('node') };
      return replaced(
        random.pick(pending),
        await claim({ nodes: random.pick([[more], [node, more], [{ ...more, hostKey: null }]]) }),
      );
    },
  },
  'altered expiry, with an approval that fits it': {
    weight: 6,
    forge: async ({ expired, claim }, random) => {
      const notBefore = random.pick([expired.envelope.notBefore, new Date(Date.now() - 1_000).toISOString()]);
      const expiresAt = new Date(Date.now() + random.between(60_000, 1e9)).toISOString();
      const { command, nodes, runId } = expired.envelope;
      return replaced(expired, await claim({ command, nodes, runId, notBefore, expiresAt }));
    },
  },
  'altered epoch, with an approval that fits it': {
    weight: 5,
    forge: async ({ former, claim }, random) => {
      const { command, nodes, runId } = former.envelope;
      return replaced(former, await claim({ command, nodes, runId, assignmentEpoch: random.between(3, 1e6) }));
    },
  },
  'altered command': {
    weight: 12,
    forge: ({ pending, reading, ran }, random) =>
      altered(random.pick([...pending, reading, ...ran]), (envelope) => ({
        ...envelope,
        ...random.pick<Partial<DispatchEnvelope>>([
          { command: forged },
          { command: `${envelope.command}; ${forged}` },
          { command: `${envelope.command} ` },
          { shell: 'bash', command: forged },
          { environment: { ...envelope.environment, PATH: `/tmp/${random.between(0, 1e6)}` } },
          { environment: { BASH_ENV: '/tmp/x' }, command: forged },
          { command: forged, dispatchId: newId('disp') },
          { limits: { ...envelope.limits, timeoutMs: random.between(30_000, 80_000_000) } },
        ]),
      })),
  },
  'altered node set': {
    weight: 12,
    forge: ({ pending, reading }, random) =>
      altered(random.pick([...pending, reading]), (envelope) => {
        const [node] = envelope.nodes;
        if (node === undefined) throw new Error('a genuine dispatch has a node');
        const other = random.pick([
          { address: random.pick(['127.0.0.2', 'localhost', '10.0.0.1', '169.254.169.254']) },
          { port: random.between(1, 65_535) },
          { runAs: random.pick(['root', 'admin', 'nobody']) },
          { hostKey: null },
          { hostKey: `SHA256:${'A'.repeat(43)}` },
          { credential: random.pick(['root', '../default', 'default ']) },
          { executionId: newId('disp') },
          { nodeId: newId('node') },
        ]);
        const more = { ...node, executionId: newId('disp'), nodeId: newId('node'), ...other };
        return { ...envelope, nodes: random.pick([[{ ...node, ...other }], [node, more], [more, node], [node, node]]) };
      }),
  },
  'altered expiry': {
    weight: 9,
    forge: ({ expired, pending }, random) =>
      altered(random.pick([expired, ...pending]), (envelope) => ({
        ...envelope,
        ...random.pick([
          { expiresAt: new Date(Date.now() + random.between(1, 1e9)).toISOString() },
          { notBefore: new Date(Date.now() - random.between(1, 1e9)).toISOString() },
          { notBefore: '1970-01-01T00:00:00Z', expiresAt: '9999-12-31T23:59:59Z' },
          { expiresAt: '2099-01-01T00:00:00+14:00' },
        ]),
      })),
  },
  'altered epoch': {
    weight: 8,
    forge: ({ former, pending }, random) =>
      altered(random.pick([former, ...pending]), (envelope) => ({
        ...envelope,
        assignmentEpoch: random.pick([2, 3, 4, 2 ** 31, Number.MAX_SAFE_INTEGER, random.between(2, 1e9)]),
      })),
  },
  'altered approvals': {
    weight: 10,
    forge: ({ pending, reading }, random) =>
      altered(random.pick([...pending, reading]), (envelope) => {
        const [approval] = envelope.approvals;
        const made = approval ?? pending[0]?.envelope.approvals[0];
        if (made === undefined) throw new Error('a genuine change has an approval');
        return {
          ...envelope,
          ...random.pick<Partial<DispatchEnvelope>>([
            { approvals: [] },
            { approvals: [], readOnly: true },
            { readOnly: !envelope.readOnly, command: forged },
            { approvals: [{ ...made, decidedBy: `user_${random.between(3, 1e6)}` }], command: forged },
            { approvals: [{ ...made, actionDigest: `sha256:${random.between(1e8, 9e8)}`.padEnd(71, '0') }] },
            { approvals: [made, { ...made, approvalId: 'appr_2', decidedBy: 'user_3' }] },
            { approvals: [{ ...made, decidedAt: new Date().toISOString() }] },
          ]),
        };
      }),
  },
  'any claim altered': {
    weight: 8,
    forge: ({ pending, reading }, random) =>
      altered(random.pick([...pending, reading]), (envelope) => mutateValue(envelope, random)),
  },
  'any byte altered': {
    weight: 8,
    forge: ({ pending, reading, otherSatellite }, random) => {
      const genuine = random.pick([...pending, reading]);
      const other = Buffer.from(otherSatellite.frame.envelope);
      const [header, payload = '', signature] = genuine.frame.envelope.split('.');
      const under = () => mutateBytes(Buffer.from(payload, 'base64url'), other, random).toString('base64url');
      const envelope = random.pick([
        () => mutateBytes(Buffer.from(genuine.frame.envelope), other, random).toString('latin1'),
        () => `${header}.${under()}.${signature}`,
      ])();
      return unless(genuine, { ...genuine.frame, envelope });
    },
  },
  'signed by somebody else': {
    weight: 9,
    forge: async ({ pending, publicKey, claim }, random) => {
      const claims = await claim();
      const frame = { ...random.pick(pending).frame, dispatchId: claims.dispatchId };
      const attacker = generateKeyPair();
      const jwk = attacker.publicKey.export({ format: 'jwk' });
      const header = random.pick<Record<string, unknown>>([
        { alg: 'EdDSA', kid: 'dkey_1' },
        { alg: 'EdDSA', kid: 'dkey_2' },
        { alg: 'EdDSA', kid: 'dkey_1', jwk },
        { alg: 'EdDSA', kid: 'dkey_1', jku: 'http://127.0.0.1/' },
        { alg: 'EdDSA', kid: 'dkey_1', crit: ['exp'], exp: 1 },
        { alg: 'none', kid: 'dkey_1' },
        { alg: 'HS256', kid: 'dkey_1' },
        { alg: 'EdDSA', kid: '__proto__' },
      ]);
      const input = `${base64url({ ...header, typ: 'sena-dispatch+jws' })}.${base64url(claims)}`;
      const signature =
        header.alg === 'HS256'
          ? createHmac('sha256', publicKey).update(input).digest('base64url')
          : random.pick(['', sign(null, Buffer.from(input), attacker.privateKey).toString('base64url')]);
      return [{ ...frame, envelope: `${input}.${signature}` }];
    },
  },
  'spliced from several': {
    weight: 6,
    forge: ({ pending, reading, otherSatellite, otherOrganization, inquiry, ran }, random) => {
      const genuine = random.pick([...pending, reading]);
      const all = [...pending, reading, otherSatellite, ...ran].map(({ frame }) => frame.envelope);
      const theirs = otherOrganization.map(({ envelope }) => envelope);
      const parts = [...all, ...theirs, inquiry].map((each) => each.split('.'));
      const spliced = [0, 1, 2].map((part) => random.pick(parts)[part]).join('.');
      return all.includes(spliced) ? [] : [{ ...genuine.frame, envelope: spliced }];
    },
  },
  'another satellite’s envelope': {
    weight: 4,
    forge: ({ otherSatellite, pending }, random) => {
      const { frame } = otherSatellite;
      return [random.chance(0.5) ? frame : { ...frame, dispatchId: random.pick(pending).frame.dispatchId }];
    },
  },
  'another organization’s envelope': {
    weight: 6,
    forge: ({ otherOrganization, pending }, random) => {
      const theirs = random.pick(otherOrganization);
      return [random.chance(0.8) ? theirs : { ...theirs, dispatchId: random.pick(pending).frame.dispatchId }];
    },
  },
  'sent as something else': {
    weight: 4,
    forge: ({ pending, inquiry, reading }, random) => {
      const { frame } = random.pick([...pending, reading]);
      const { dispatchId: inquiryId, envelope, traceparent } = frame;
      return random.pick<RelayFrame[]>([
        [{ t: 'inquiry', inquiryId, envelope, traceparent }],
        [{ ...frame, envelope: inquiry }],
        [{ ...frame, dispatchId: newId('disp') }],
        [{ ...frame, dispatchId: '' }],
      ]);
    },
  },
  'expired, as it was signed': { weight: 3, forge: ({ expired }) => [expired.frame] },
  'of a former assignment': { weight: 3, forge: ({ former }) => [former.frame] },
  replay: { weight: 8, forge: ({ ran }, random) => replaysOf(random.pick(ran).frame) },
  'signed, with approvals that are not its own': {
    weight: 3,
    forge: async ({ signed, pending }, random) => {
      const { runId, approvals, expiresAt, notBefore } = random.pick(pending).envelope;
      return [
        await signed(
          'forged',
          random.pick<Partial<DispatchEnvelope>>([
            { runId, approvals, expiresAt, notBefore },
            { approvals },
            { approvals: [] },
            { approvals: [], readOnly: true },
          ]),
        ),
      ];
    },
  },
};

/** Other claims under the signature of the genuine ones. Nothing where nothing has changed. */
function altered(genuine: Genuine, change: (envelope: DispatchEnvelope) => unknown): RelayFrame[] {
  const [header, , signature] = genuine.frame.envelope.split('.');
  const changed = change(genuine.envelope);
  const dispatchId = (changed as { dispatchId?: unknown } | null)?.dispatchId;
  return unless(genuine, {
    ...genuine.frame,
    dispatchId: typeof dispatchId === 'string' ? dispatchId.slice(0, 64) : genuine.frame.dispatchId,
    envelope: `${header}.${base64url(changed)}.${signature}`,
  });
}

/** Claims that are right in themselves, under a signature of other ones. */
function replaced({ frame }: Genuine, claims: DispatchEnvelope): RelayFrame[] {
  const [header, , signature] = frame.envelope.split('.');
  return [{ ...frame, dispatchId: claims.dispatchId, envelope: `${header}.${base64url(claims)}.${signature}` }];
}

function unless(genuine: Genuine, frame: DispatchFrame): RelayFrame[] {
  return frame.envelope === genuine.frame.envelope ? [] : [frame];
}

function replaysOf(frame: DispatchFrame): DispatchFrame[] {
  return [frame, frame, { ...frame, dispatchId: newId('disp') }, { ...frame, traceparent: null }];
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value) ?? '').toString('base64url');
}
