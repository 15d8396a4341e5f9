import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openPrivateKey, sealPrivateKey } from './seal-private-key.ts';

const masterKey = randomBytes(32);
const owner = { organizationId: 'org_1', keyId: 'dkey_1' };
const secret = 'a private key in PKCS#8';

test('it opens with the master key, for its organization and id', () => {
  expect(openPrivateKey(masterKey, owner, sealPrivateKey(masterKey, owner, secret))).toBe(secret);
});

test('twice sealed it looks different, and never shows the key', () => {
  const [one, two] = [sealPrivateKey(masterKey, owner, secret), sealPrivateKey(masterKey, owner, secret)];
  expect(one.equals(two)).toBe(false);
  expect(one.includes(secret)).toBe(false);
});

test.each([
  ['with another master key', randomBytes(32), owner],
  ['for another organization', masterKey, { ...owner, organizationId: 'org_2' }],
  ['under another id', masterKey, { ...owner, keyId: 'dkey_2' }],
])('it does not open %s, and the error names no secret', (_how, key, whose) => {
  const open = () => openPrivateKey(key, whose, sealPrivateKey(masterKey, owner, secret));
  expect(open).toThrow(/can't be opened: MASTER_KEY is not the one/);
  expect(open).not.toThrow(secret);
});

test('with any byte changed, or cut short, it does not open', () => {
  const sealed = sealPrivateKey(masterKey, owner, secret);
  for (let at = 0; at < sealed.length; at += 1) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] as number) ^ 1;
    expect(() => openPrivateKey(masterKey, owner, altered)).toThrow(/can't be opened/);
  }
  for (const length of [0, 5, 12, 27, sealed.length - 1]) {
    expect(() => openPrivateKey(masterKey, owner, sealed.subarray(0, length))).toThrow(/can't be opened/);
  }
});
