import { doorbells } from '@sena/contracts/doorbells';
import { newId } from '@sena/contracts/ids';
import { expect, test } from 'vitest';
import { channelName } from './channel-name.ts';

test('a name says whose doorbell it is, and fits into what PostgreSQL keeps', () => {
  const organization = newId('org');
  for (const doorbell of Object.keys(doorbells)) {
    expect(channelName(organization, doorbell)).toBe(`sena:${organization}:${doorbell}`);
    expect(Buffer.byteLength(channelName(organization, doorbell))).toBeLessThanOrEqual(63);
  }
});

test('a name that would be cut off is replaced by one that is as unique', () => {
  const names = ['a', 'b'].map((end) =>
    channelName(newId('org'), `a-doorbell-with-a-name-that-is-far-too-long-${end}`),
  );
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
});
