// Everything that proves who one is, changed by a little: API keys, sessions, service tokens, join tokens. None is accepted; the unchanged ones
// are, before and after. Entered by run-fuzz.
import { mintServiceToken } from '@sena/auth/service-token';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { signEnrolment } from '@sena/envelope/enrolment-proof';
import { type SeededRandom, seededRandom } from '../../faults/seeded-random.ts';
import { signIn } from '../http/fuzz-gateway.ts';
import { sendRaw } from '../http/send-raw.ts';
import { mutateBytes } from '../mutate/mutate-bytes.ts';
import type { FuzzCloud } from '../world/start-fuzz-cloud.ts';

export interface TokenFuzz {
  readonly mutations: number;
  readonly byKind: Readonly<Record<string, { tried: number; statuses: Record<string, number> }>>;
  readonly problems: readonly string[];
}

interface Kind {
  readonly name: string;
  readonly token: string;
  /** Answers with the status. */
  show(token: string, random: SeededRandom): Promise<number>;
  isAccepted(status: number): boolean;
}

const atOnce = 8;
const answerMsMax = 20_000;

export async function fuzzTokens(
  cloud: FuzzCloud,
  { seed, mutations, stopAtMs }: { seed: number; mutations: number; stopAtMs: number },
): Promise<TokenFuzz> {
  const { port } = cloud.gateway.ready;
  const owner = await cloud.seed('tokens', 'owner');
  const bystander = await cloud.seed('tokens', 'owner');
  const session = await signIn(port, owner.email);
  const serviceToken = await mintServiceToken({
    ...{ secret: cloud.serviceTokenSecret, service: 'orchestrator', to: 'gateway' },
    ...{ organizationId: owner.organizationId, actingMember: owner.userId },
  });
  const call = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body: unknown,
    random: SeededRandom,
  ) => {
    const text = body === null ? '' : JSON.stringify(body);
    const lines = [
      `${method} ${path} HTTP/1.1`,
      'host: localhost',
      `x-forwarded-for: 10.${random.between(0, 255)}.${random.between(0, 255)}.${random.between(0, 255)}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ...(body === null ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(text)}`]),
      'connection: close',
    ];
    const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(text)]);
    const answer = await sendRaw(port, { pieces: [bytes], isCutOff: false }, answerMsMax);
    return answer.kind === 'answered' ? answer.status : 0;
  };
  const me = (headers: Record<string, string>, random: SeededRandom) => call('GET', '/v1/me', headers, null, random);
  const joinToken = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/sites`, {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `tokens-${seed}-${performance.now().toFixed(0)}` }),
    });
    const site = (await answer.json()) as { id: string };
    const made = await fetch(`http://127.0.0.1:${port}/v1/sites/${site.id}/join-tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' },
      body: '{}',
    });
    return (await made.json()) as { token: string; dispatchKeyFingerprint: string };
  };
  const join = await joinToken();
  let enrolled = 0;
  const enrol = (token: string, random: SeededRandom) => {
    enrolled += 1;
    const { publicKeySpki: publicKey, privateKey } = generateKeyPair();
    const words = { token, pins: [join.dispatchKeyFingerprint], publicKey };
    const proof = signEnrolment(words, privateKey);
    const body = { ...words, proof, name: `sat-${seed}-${enrolled}`, version: '1.0.0' };
    return call('POST', '/v1/enrolments', {}, body, random);
  };
  const [cookieName = '', cookieValue = ''] = session.split(/=(.*)/s);
  const kinds: Kind[] = [
    {
      name: 'API key',
      token: owner.apiKey,
      show: (token, random) => me({ authorization: `Bearer ${token}` }, random),
      isAccepted: (status) => status === 200,
    },
    {
      name: 'session',
      token: decodeURIComponent(cookieValue),
      show: (token, random) => me({ cookie: `${cookieName}=${encodeURIComponent(token)}` }, random),
      isAccepted: (status) => status === 200,
    },
    {
      name: 'service token',
      token: serviceToken,
      show: (token, random) => me({ authorization: `Bearer ${token}` }, random),
      isAccepted: (status) => status === 200,
    },
    { name: 'join token', token: join.token, show: enrol, isAccepted: (status) => status === 201 },
  ];
  const problems: string[] = [];
  const byKind: Record<string, { tried: number; statuses: Record<string, number> }> = {};
  const right = seededRandom(seed, 'controls');
  for (const { name, token, show, isAccepted } of kinds) {
    // A join token works once: that it does is seen behind all the others.
    if (name === 'join token') continue;
    const status = await show(token, right);
    if (!isAccepted(status)) problems.push(`the control, an unchanged ${name}, was answered with ${status}`);
  }
  let next = 0;
  const work = async () => {
    while (next < mutations && performance.now() < stopAtMs) {
      const index = next;
      next += 1;
      const random = seededRandom(seed, 'token', index);
      const kind = kinds[index % kinds.length] as Kind;
      const changed = change(kind.token, bystander.apiKey, kinds, random);
      if ([...kinds.map(({ token }) => token), bystander.apiKey].includes(changed.trim())) continue;
      const status = await kind.show(changed, random);
      const tally = byKind[kind.name] ?? { tried: 0, statuses: {} };
      byKind[kind.name] = tally;
      tally.tried += 1;
      tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
      if (kind.isAccepted(status))
        problems.push(
          `a changed ${kind.name} was accepted (mutation ${index} of seed ${seed}): ${JSON.stringify(changed)} of ${JSON.stringify(kind.token)}`,
        );
      if (status >= 500 || status === 0)
        problems.push(
          `a changed ${kind.name} was answered with ${status} (mutation ${index} of seed ${seed}): ${JSON.stringify(changed)}`,
        );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  for (const { name, token, show, isAccepted } of kinds) {
    const status = await show(token, right);
    if (!isAccepted(status)) problems.push(`the control, an unchanged ${name}, was answered with ${status} at the end`);
  }
  const tried = Object.values(byKind).reduce((sum, kind) => sum + kind.tried, 0);
  return { mutations: tried, byKind, problems };
}

/** Never what would be the same token again: HTTP trims spaces around a header's value. */
function change(token: string, foreign: string, kinds: readonly Kind[], random: SeededRandom): string {
  const at = random.between(0, token.length - 1);
  const changed = random.pick([
    () => token.slice(0, at) + otherLetter(token[at] ?? '', random) + token.slice(at + 1),
    () => token.slice(0, at) + otherLetter(token[at] ?? '', random) + token.slice(at + 1),
    () => token.slice(0, at),
    () => token.slice(0, at) + token.slice(at + 1),
    () => token + random.pick(['A', '=', '.', '0', token]),
    () => token.slice(0, at) + (token[at] ?? '') + token.slice(at),
    () => token.toUpperCase(),
    () => token.toLowerCase(),
    () => [...token].reverse().join(''),
    () =>
      mutateBytes(Buffer.from(token), Buffer.from(foreign), random)
        .toString('latin1')
        .replaceAll(/[\r\n\0]/g, '~'),
    () => swapPieces(token, foreign, random),
    () => random.pick(kinds).token.slice(0, random.between(1, 40)),
    () => changeClaims(token, random),
  ])();
  return changed;
}

function otherLetter(letter: string, random: SeededRandom): string {
  return random.pick([...'ABCXYZabcxyz0189_-.~'].filter((each) => each !== letter));
}

function swapPieces(token: string, foreign: string, random: SeededRandom): string {
  const at = random.between(1, Math.min(token.length, foreign.length) - 1);
  return token.slice(0, at) + foreign.slice(at);
}

/** Of a JWT; anything else is turned around. */
function changeClaims(token: string, random: SeededRandom): string {
  const [header, payload, signature] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined) return [...token].reverse().join('');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const changed = random.pick([
    { ...claims, exp: 9_999_999_999 },
    { ...claims, aud: 'sena-model-router' },
    { ...claims, sub: 'relay' },
    { ...claims, act: 'somebody' },
  ]);
  return random.pick([
    () => `${header}.${encode(changed)}.${signature}`,
    () => `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    () => `${encode({ alg: 'none' })}.${encode(changed)}.${signature}`,
    () => `${encode({ alg: 'HS512', typ: 'JWT' })}.${payload}.${signature}`,
  ])();
}
