import type { Checkpoint } from '@sena/contracts/domain/checkpoint';
import { describe, expect, test } from 'vitest';
import { certifyCheckpointKey, isCheckpointKeyCertified } from './certify-checkpoint-key.ts';
import { generateKeyPair } from './dispatch-key.ts';
import { cosign, isCheckpointSigned, isCosigned, signCheckpoint } from './sign-checkpoint.ts';

const [key, otherKey, satellite, dispatchKey] = [
  generateKeyPair(),
  generateKeyPair(),
  generateKeyPair(),
  generateKeyPair(),
];
const checkpoint = signCheckpoint(
  {
    ...{ organizationId: 'org_1', size: 7, root: 'a'.repeat(64), headHash: 'b'.repeat(64) },
    ...{ at: '2026-01-01T00:00:00.000Z', keyId: 'akey_1' },
  },
  key.privateKey,
);
const changes: Array<Partial<Checkpoint>> = [
  { organizationId: 'org_2' },
  { size: 8 },
  { root: 'c'.repeat(64) },
  { headHash: 'c'.repeat(64) },
  { at: '2026-01-01T00:00:00.001Z' },
  { keyId: 'akey_2' },
  { signature: 'A'.repeat(86) },
];

test('it is signed by its key, and by no other', () => {
  expect(isCheckpointSigned(checkpoint, key.publicKeySpki)).toBe(true);
  expect(isCheckpointSigned(checkpoint, otherKey.publicKeySpki)).toBe(false);
  expect(isCheckpointSigned(checkpoint, 'no key')).toBe(false);
});

test.each(changes)('with %j it is not', (change) => {
  expect(isCheckpointSigned({ ...checkpoint, ...change }, key.publicKeySpki)).toBe(false);
});

describe('a cosignature', () => {
  const witness = { satelliteId: 'sat_1', publicKey: satellite.publicKeySpki, privateKey: satellite.privateKey };
  const cosignature = cosign(checkpoint, witness, new Date('2026-01-01T00:00:01Z'));

  test('is of one satellite, over one checkpoint with its signature', () => {
    expect(isCosigned(checkpoint, cosignature)).toBe(true);
    for (const change of changes) expect(isCosigned({ ...checkpoint, ...change }, cosignature)).toBe(false);
    for (const change of [
      { satelliteId: 'sat_2' },
      { at: '2026-01-01T00:00:02.000Z' },
      { publicKey: otherKey.publicKeySpki },
      { signature: checkpoint.signature },
    ])
      expect(isCosigned(checkpoint, { ...cosignature, ...change })).toBe(false);
  });
});

describe('the key of checkpoints', () => {
  const claim = { v: 1 as const, organizationId: 'org_1', keyId: 'akey_1', publicKey: key.publicKeySpki };
  const pinned = new Map([['dkey_1', dispatchKey.publicKey]]);

  test('is who the pinned dispatch key says', async () => {
    const certificate = await certifyCheckpointKey(claim, { keyId: 'dkey_1', privateKey: dispatchKey.privateKey });
    const told = { keyId: 'akey_1', publicKey: key.publicKeySpki, certificate };
    expect(await isCheckpointKeyCertified(told, 'org_1', pinned)).toBe(true);
    expect(await isCheckpointKeyCertified(told, 'org_2', pinned)).toBe(false);
    expect(await isCheckpointKeyCertified({ ...told, keyId: 'akey_2' }, 'org_1', pinned)).toBe(false);
    expect(await isCheckpointKeyCertified({ ...told, publicKey: otherKey.publicKeySpki }, 'org_1', pinned)).toBe(false);
    expect(await isCheckpointKeyCertified({ ...told, certificate: 'x.y.z' }, 'org_1', pinned)).toBe(false);
    expect(await isCheckpointKeyCertified(told, 'org_1', new Map())).toBe(false);
  });

  test('is not who another key says under the same name', async () => {
    const certificate = await certifyCheckpointKey(claim, { keyId: 'dkey_1', privateKey: otherKey.privateKey });
    const told = { keyId: 'akey_1', publicKey: key.publicKeySpki, certificate };
    expect(await isCheckpointKeyCertified(told, 'org_1', pinned)).toBe(false);
  });
});
