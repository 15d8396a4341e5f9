// The only owner is found when all members are known, and never guessed from a part of them.
import { expect, test } from 'vitest';
import { findSoleOwner } from './find-sole-owner.ts';

const owner = { id: 'user_a', role: 'owner' } as const;
const second = { id: 'user_b', role: 'owner' } as const;
const viewer = { id: 'user_c', role: 'viewer' } as const;

test.each([
  [[owner, viewer], true, 'user_a'],
  [[owner, viewer], false, null],
  [[owner, viewer, second], true, null],
  [[viewer], true, null],
] as const)('%j, all of them: %s', (members, isComplete, id) => {
  expect(findSoleOwner(members, isComplete)).toBe(id);
});
