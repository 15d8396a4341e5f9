import { createSoftwarePasskey } from '@sena/testing/software-passkey';
import { describe, expect, it } from 'vitest';
import { findUnusableKey } from './find-unusable-key.ts';
import { parseSatelliteConfig } from './satellite-config.ts';

const { credentialId, publicKey } = createSoftwarePasskey({ rpId: 'localhost', origin: 'http://localhost:7362' });
const ada = {
  ...{ name: 'Ada', member: 'user_ada', rpId: 'sena.example.com', origins: ['https://sena.example.com'] },
  ...{ credentialId, publicKey },
};
const bo = { ...ada, name: 'Bo', member: 'user_bo', credentialId: 'Ym8' };
const read = (passkeys: unknown) =>
  parseSatelliteConfig('/etc/sena/satellite.json', JSON.stringify({ policy: { passkeys } })).policy.passkeys;

describe('a satellite refuses to start when', () => {
  it.each([
    ['passkeys are demanded and nobody is listed', { requiredToChange: 1 }, /0 people are listed.*run `sena passkey`/s],
    ['two are demanded and one person is listed', { requiredToChange: 2, approvers: [ada] }, /1 person is listed/],
    [
      'two passkeys of one person stand for two',
      { requiredToChange: 2, approvers: [ada, { ...ada, credentialId: 'YQ' }] },
      /1 person is listed/,
    ],
    ['one member has two names', { approvers: [ada, { ...bo, member: 'user_ada' }] }, /one member id one name/],
    ['one name is two members', { approvers: [ada, { ...bo, name: 'Ada' }] }, /one name must have one member id/],
    ['a passkey is listed twice', { approvers: [ada, { ...ada }] }, /listed twice/],
    [
      'a page is of another site',
      { approvers: [{ ...ada, origins: ['https://evil.example'] }] },
      /not of sena\.example\.com/,
    ],
    ['a page is not encrypted', { approvers: [{ ...ada, origins: ['http://sena.example.com'] }] }, /must be https/],
    [
      'a page has a path',
      { approvers: [{ ...ada, origins: ['https://sena.example.com/approve'] }] },
      /an origin alone/,
    ],
    ['three are demanded', { requiredToChange: 3, approvers: [ada] }, /requiredToChange/],
    ['a field is misspelled', { required: 1, approvers: [ada] }, /required/],
  ])('%s', (_name, passkeys, why) => {
    expect(() => read(passkeys)).toThrow(why);
  });

  it('a listed key is none', async () => {
    expect(await findUnusableKey(read({ requiredToChange: 1, approvers: [{ ...ada, publicKey: 'AAAA' }] }))).toMatch(
      /publicKey of Ada is no passkey’s key.*`sena passkey`/,
    );
  });
});

it('what `sena passkey` prints is taken as it is, and without demands nothing is needed', async () => {
  const policy = read({ requiredToChange: 2, approvers: [ada, bo] });
  expect(await findUnusableKey(policy)).toBeNull();
  expect(read({})).toEqual({ requiredToChange: 0, approvers: [] });
});
