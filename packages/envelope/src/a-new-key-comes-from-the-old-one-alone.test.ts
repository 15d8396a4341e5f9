import type { DispatchKeyStatement } from '@sena/contracts/domain/dispatch-key';
import { CompactSign } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { generateKeyPair, type KeyPair } from './dispatch-key.ts';
import { followKeyStatements, type KeyTrust } from './follow-key-statements.ts';
import { signKeyStatement } from './sign-key-statement.ts';

const organizationId = 'org_1';
const now = new Date('2026-06-01T12:00:00.000Z');
const notBefore = '2026-06-01T11:59:00.000Z';
const pairs = Array.from({ length: 5 }, generateKeyPair);
const pair = (n: number) => pairs[n - 1] as KeyPair;
const keyOf = (n: number) => ({ keyId: `dkey_${n}`, privateKey: pair(n).privateKey });
const stranger = generateKeyPair();

const pinned: KeyTrust = {
  sequence: 1,
  newestKeyId: 'dkey_1',
  keys: [{ keyId: 'dkey_1', publicKey: pair(1).publicKeySpki, fingerprint: pair(1).fingerprint, retiredAt: null }],
};
const succession = (n: number, sequence: number, change: object = {}): DispatchKeyStatement =>
  ({
    ...{ v: 1, kind: 'succession', organizationId, sequence, keyId: `dkey_${n}`, publicKey: pair(n).publicKeySpki },
    ...{ previousKeyId: `dkey_${n - 1}`, notBefore, ...change },
  }) as DispatchKeyStatement;
const retirement = (n: number, sequence: number, change: object = {}): DispatchKeyStatement =>
  ({ v: 1, kind: 'retirement', organizationId, sequence, retiredKeyId: `dkey_${n}`, notBefore, ...change }) as never;

/** 1 → 2, 2 → 3, 1 is retired, 3 → 4. */
let line: string[];
beforeAll(async () => {
  line = [
    await signKeyStatement(succession(2, 2), keyOf(1)),
    await signKeyStatement(succession(3, 3), keyOf(2)),
    await signKeyStatement(retirement(1, 4), keyOf(3)),
    await signKeyStatement(succession(4, 5), keyOf(3)),
  ];
});

const follow = (statements: readonly string[], trust = pinned) =>
  followKeyStatements(trust, statements, { organizationId, now, clockSkewMsMax: 30_000 });
const believed = (trust: KeyTrust) => trust.keys.filter((key) => key.retiredAt === null).map((key) => key.keyId);

test('one that was away for several rotations follows them from the key that it has pinned', async () => {
  const { trust, followed, refusal } = await follow(line);
  expect(refusal).toBeNull();
  expect(followed).toHaveLength(4);
  expect(trust).toMatchObject({ sequence: 5, newestKeyId: 'dkey_4' });
  expect(believed(trust)).toEqual(['dkey_2', 'dkey_3', 'dkey_4']);
  expect(trust.keys.at(-1)).toMatchObject({ publicKey: pair(4).publicKeySpki, fingerprint: pair(4).fingerprint });
});

test('in parts it comes to the same', async () => {
  let trust = pinned;
  for (const statement of line) trust = (await follow([statement], trust)).trust;
  expect(trust).toEqual((await follow(line)).trust);
});

test('one that has pinned a later key goes on from there, and a key that it never knew is retired without it', async () => {
  const later: KeyTrust = {
    sequence: 3,
    newestKeyId: 'dkey_3',
    keys: [{ keyId: 'dkey_3', publicKey: pair(3).publicKeySpki, fingerprint: pair(3).fingerprint, retiredAt: null }],
  };
  const { trust, refusal } = await follow(line.slice(2), later);
  expect({ refusal, believed: believed(trust) }).toEqual({ refusal: null, believed: ['dkey_3', 'dkey_4'] });
});

const signed = (statement: DispatchKeyStatement, by: { keyId: string; privateKey: KeyPair['privateKey'] }) =>
  signKeyStatement(statement, by);
const foreign = { keyId: 'dkey_1', privateKey: stranger.privateKey };
const cases: Array<[what: string, code: string, make: () => Promise<string[]>]> = [
  ['a key that signs for itself', 'statement_signer_unknown', async () => [await signed(succession(2, 2), keyOf(2))]],
  [
    'a key under the name of the old one',
    'statement_signature_wrong',
    async () => [await signed(succession(2, 2), foreign)],
  ],
  [
    'a key of another organization, signed by that one’s key',
    'statement_signature_wrong',
    async () => [await signed(succession(2, 2, { organizationId: 'org_2' }), foreign)],
  ],
  [
    'words about another organization, signed by this one’s key',
    'statement_other_organization',
    async () => [await signed(succession(2, 2, { organizationId: 'org_2' }), keyOf(1))],
  ],
  ['the second before the first', 'statement_out_of_line', async () => [line[1] as string, line[0] as string]],
  ['a line without its beginning', 'statement_out_of_line', async () => line.slice(1)],
  ['a number that was left out', 'statement_out_of_line', async () => [await signed(succession(2, 3), keyOf(1))]],
  [
    'a retirement of the newest by itself',
    'statement_contradicts',
    async () => [await signed(retirement(1, 2), keyOf(1))],
  ],
  [
    'another key than the one that signed is named',
    'statement_contradicts',
    async () => [await signed(succession(2, 2, { previousKeyId: 'dkey_9' }), keyOf(1))],
  ],
  [
    'the same key once more',
    'statement_contradicts',
    async () => [await signed(succession(2, 2, { publicKey: pair(1).publicKeySpki }), keyOf(1))],
  ],
  [
    'a key of another kind',
    'statement_contradicts',
    async () => [await signed(succession(2, 2, { publicKey: 'AAAA' }), keyOf(1))],
  ],
  [
    'one whose time has not come',
    'statement_not_yet_valid',
    async () => [await signed(succession(2, 2, { notBefore: '2026-06-01T12:01:00.000Z' }), keyOf(1))],
  ],
  ['text', 'statement_malformed', async () => ['no statement']],
  [
    'an envelope',
    'statement_malformed',
    async () => [
      await new CompactSign(new TextEncoder().encode(JSON.stringify(succession(2, 2))))
        .setProtectedHeader({ alg: 'EdDSA', kid: 'dkey_1', typ: 'sena-dispatch+jws' })
        .sign(pair(1).privateKey),
    ],
  ],
  [
    'a key in the header',
    'statement_malformed',
    async () => [
      await new CompactSign(new TextEncoder().encode(JSON.stringify(succession(2, 2))))
        .setProtectedHeader({
          ...{ alg: 'EdDSA', kid: 'dkey_1', typ: 'sena-dispatch-key+jws' },
          jwk: stranger.publicKey.export({ format: 'jwk' }) as never,
        })
        .sign(stranger.privateKey),
    ],
  ],
];
test.each(cases)('nothing is learned from %s: %s', async (_what, code, make) => {
  const { trust, refusal } = await follow(await make());
  expect(refusal?.code).toBe(code);
  expect(trust).toEqual(pinned);
});

test('what was followed is not followed again, whatever it says now', async () => {
  const { trust } = await follow(line.slice(0, 2));
  for (const old of [line[0] as string, line[1] as string, await signed(succession(5, 2), keyOf(1))]) {
    const again = await follow([old], trust);
    expect(again.refusal?.code).toBe('statement_replayed');
    expect(again.trust).toEqual(trust);
  }
});

test('the key before the newest still signs envelopes, and says nothing about keys any more', async () => {
  const { trust } = await follow(line.slice(0, 1));
  expect(believed(trust)).toEqual(['dkey_1', 'dkey_2']);
  for (const forged of [
    await signed(succession(5, 3, { previousKeyId: 'dkey_1' }), keyOf(1)),
    await signed(retirement(2, 3), keyOf(1)),
  ])
    expect((await follow([forged], trust)).refusal?.code).toBe('statement_signer_unknown');
});

test('with any part of it changed a statement is worth nothing', async () => {
  const jws = line[0] as string;
  for (let at = 0; at < jws.length; at += 7) {
    const other = jws[at] === 'A' ? 'B' : 'A';
    const { trust, refusal } = await follow([`${jws.slice(0, at)}${other}${jws.slice(at + 1)}`]);
    expect(refusal).not.toBeNull();
    expect(trust).toEqual(pinned);
  }
});

test('up to the first that does not hold they are followed', async () => {
  const { trust, refusal } = await follow([line[0] as string, line[2] as string]);
  expect({ sequence: trust.sequence, code: refusal?.code }).toEqual({ sequence: 2, code: 'statement_out_of_line' });
});
