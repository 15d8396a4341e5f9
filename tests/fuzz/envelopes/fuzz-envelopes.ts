// What the signer has signed, changed in every way that needs no key: every change is refused, and the unchanged one is taken before and after.
// Entered by run-fuzz. Touches nothing.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import { signInquiry } from '@sena/envelope/sign-inquiry';
import { verifyEnvelope } from '@sena/envelope/verify-envelope';
import { verifyInquiry } from '@sena/envelope/verify-inquiry';
import { type SeededRandom, seededRandom } from '../../faults/seeded-random.ts';
import { mutateBytes } from '../mutate/mutate-bytes.ts';
import { mutateValue } from '../mutate/mutate-value.ts';

export interface EnvelopeFuzz {
  readonly mutations: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly byRefusal: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

const [organizationId, satelliteId, keyId] = ['org_1', 'sat_1', 'dkey_1'];

export async function fuzzEnvelopes({ seed, mutations }: { seed: number; mutations: number }): Promise<EnvelopeFuzz> {
  const signer = generateKeyPair();
  const stranger = generateKeyPair();
  const now = new Date();
  const envelope = dispatchAt(now);
  const key = { keyId, privateKey: signer.privateKey };
  const jws = await signEnvelope(envelope, key);
  const others = await Promise.all([
    signEnvelope({ ...envelope, command: 'reboot', nonce: 'm'.repeat(22) }, key),
    signEnvelope({ ...envelope, satelliteId: 'sat_2' }, key),
  ]);
  const inquiry = await signInquiry(
    {
      ...{
        v: 1,
        inquiryId: 'inq_1',
        dispatchId: 'disp_1',
        organizationId,
        runId: 'run_1',
        satelliteId,
        traceparent: null,
      },
      ...{
        limits: envelope.limits,
        notBefore: envelope.notBefore,
        expiresAt: envelope.expiresAt,
        nonce: 'n'.repeat(22),
      },
      dispatchExpiresAt: envelope.expiresAt,
      nodes: envelope.nodes.map((node) => ({ ...node, startedAt: null, bootId: null, stdoutBytes: 0, stderrBytes: 0 })),
    },
    key,
  );
  const expected = {
    keys: new Map([[keyId, signer.publicKey]]),
    organizationId,
    satelliteId,
    now,
    clockSkewMsMax: 30_000,
  };
  const [header = '', payload = '', signature = ''] = jws.split('.');
  const publicDer = signer.publicKey.export({ type: 'spki', format: 'der' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });

  /** Signed by whoever has no key of the organization. */
  const signedByStranger = (head: unknown, body: string) => {
    const input = `${base64url(head)}.${body}`;
    return `${input}.${sign(null, Buffer.from(input), stranger.privateKey).toString('base64url')}`;
  };
  const changes: Record<string, (random: SeededRandom) => string> = {
    'any character': (random) => {
      const at = random.between(0, jws.length - 1);
      return jws.slice(0, at) + other(jws[at] ?? '', random) + jws.slice(at + 1);
    },
    'bytes of the text': (random) => mutateBytes(Buffer.from(jws), Buffer.from(others[0]), random).toString('latin1'),
    'bytes under the signature': (random) => {
      const [a, b, c] = [header, payload, signature].map((part) => Buffer.from(part, 'base64url')) as [
        Buffer,
        Buffer,
        Buffer,
      ];
      const parts = [a, b, c];
      const which = random.between(0, 2);
      parts[which] = mutateBytes(parts[which] as Buffer, b, random);
      return parts.map((part) => part.toString('base64url')).join('.');
    },
    'claims, with the signature kept': (random) => {
      const changed = mutateValue(envelope, random);
      return `${header}.${base64url(changed)}.${signature}`;
    },
    'claims written otherwise': (random) =>
      `${header}.${Buffer.from(JSON.stringify(envelope, null, random.between(1, 8))).toString('base64url')}.${signature}`,
    'header fields': (random) =>
      `${base64url(mutateValue(JSON.parse(Buffer.from(header, 'base64url').toString()), random))}.${payload}.${signature}`,
    'another algorithm': (random) => {
      const alg = random.pick([
        'none',
        'None',
        'NONE',
        '',
        'HS256',
        'RS256',
        'ES256',
        'Ed25519',
        'eddsa',
        'EdDSA ',
        'HS512',
        'PS256',
      ]);
      const input = `${base64url({ alg, kid: keyId, typ: 'sena-dispatch+jws' })}.${random.pick([payload, base64url({ ...envelope, command: 'reboot' })])}`;
      const mac = () =>
        createHmac('sha256', random.pick([publicDer, publicDer.subarray(12), Buffer.from(signer.publicKeySpki)]))
          .update(input)
          .digest('base64url');
      return `${input}.${random.pick([() => '', mac, () => signature, () => sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')])()}`;
    },
    'a key that it brings along': (random) => {
      const jwk = stranger.publicKey.export({ format: 'jwk' });
      const extra = random.pick([
        { jwk },
        { jku: 'https://elsewhere.test/keys' },
        { x5u: 'https://elsewhere.test' },
        { x5c: ['AAAA'] },
        { crit: ['exp'], exp: 1 },
        { crit: [] },
        { b64: false, crit: ['b64'] },
      ]);
      return signedByStranger({ alg: 'EdDSA', kid: keyId, typ: 'sena-dispatch+jws', ...extra }, payload);
    },
    'a stranger’s signature': (random) =>
      signedByStranger(
        {
          alg: 'EdDSA',
          kid: random.pick([keyId, 'dkey_2', '__proto__', 'constructor', '../dkey_1']),
          typ: 'sena-dispatch+jws',
        },
        base64url(random.chance(0.5) ? envelope : mutateValue(envelope, random)),
      ),
    'parts of several': (random) => {
      const all = [jws, ...others, inquiry].map((each) => each.split('.'));
      const parts = [0, 1, 2].map((part) => random.pick(all)[part]);
      const joined = parts.join('.');
      // Drawn whole from one that was signed for this satellite: then it is the next kind.
      return joined === jws || joined === others[0] ? others[1] : joined;
    },
    'for somebody else': (random) => random.pick([others[1], inquiry]),
    'another spelling': (random) =>
      random.pick([
        `${jws}=`,
        ` ${jws}`,
        `${jws}\n`,
        `${header}=.${payload}.${signature}`,
        `${jws}.`,
        `.${jws}`,
        `${jws}.${signature}`,
        JSON.stringify({ payload, protected: header, signature }),
        JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
        jws
          .replaceAll('-', '+')
          .replaceAll('_', '/')
          .concat(/[-_]/.test(jws) ? '' : '='),
        Buffer.from(jws).toString('base64url'),
        `${header}.${payload}.${Buffer.from(Buffer.from(signature, 'base64url').toString('hex')).toString('base64url')}`,
      ]),
  };

  const problems: string[] = [];
  const byKind: Record<string, number> = {};
  const byRefusal: Record<string, number> = {};
  const kinds = Object.keys(changes);
  const control = async () => {
    const verified = await verifyEnvelope(jws, expected);
    if (verified.kind !== 'verified') problems.push(`the control was refused: ${verified.code}`);
  };
  await control();
  for (let index = 0; index < mutations; index += 1) {
    const random = seededRandom(seed, 'envelope', index);
    const kind = random.pick(kinds);
    const changed = (changes[kind] as (random: SeededRandom) => string)(random);
    // A change of a copy of itself may bring back what was there.
    if (changed === jws) continue;
    byKind[kind] = (byKind[kind] ?? 0) + 1;
    const verified = await verifyEnvelope(changed, expected);
    if (verified.kind === 'verified')
      problems.push(`accepted (${kind}, mutation ${index} of seed ${seed}): ${changed.slice(0, 400)}`);
    else {
      byRefusal[verified.code] = (byRefusal[verified.code] ?? 0) + 1;
      if (verified.untimely !== null)
        problems.push(`believed, though late (${kind}, mutation ${index} of seed ${seed}): ${changed.slice(0, 400)}`);
    }
    // Nor is it an inquiry, unless it is the one that the signer has signed.
    if (changed !== inquiry && (await verifyInquiry(changed, expected)).kind === 'verified')
      problems.push(`an inquiry was accepted (${kind}, ${index}): ${changed.slice(0, 400)}`);
  }
  await control();
  const tried = Object.values(byKind).reduce((sum, count) => sum + count, 0);
  return { mutations: tried, byKind, byRefusal, problems };
}

function dispatchAt(now: Date): DispatchEnvelope {
  const node = {
    nodeId: 'node_1',
    name: 'web-01',
    address: '10.0.0.1',
    port: 22,
    hostKey: null,
    runAs: 'root',
    credential: 'default',
  };
  return {
    ...{ v: 1, dispatchId: 'disp_1', organizationId, runId: 'run_1', step: 'probe-1', satelliteId, assignmentEpoch: 1 },
    ...{
      shell: 'sh',
      command: 'uptime',
      environment: { TZ: 'UTC' },
      limits: { timeoutMs: 10_000, outputBytesMax: 65_536 },
      readOnly: true,
    },
    notBefore: new Date(now.getTime() - 60_000).toISOString(),
    expiresAt: new Date(now.getTime() + 600_000).toISOString(),
    ...{ nonce: 'n'.repeat(22), approvals: [], traceparent: null },
    nodes: [
      { executionId: 'e-1', ...node },
      { executionId: 'e-2', ...node, nodeId: 'node_2', name: 'web-02', address: '10.0.0.2' },
    ],
  };
}

function other(letter: string, random: SeededRandom): string {
  const letters = [...'ABCDEFabcdef0123456789-_.=+/ \n\0', 'é', '\u202e'].filter((each) => each !== letter);
  return random.pick(letters);
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value) ?? '').toString('base64url');
}
