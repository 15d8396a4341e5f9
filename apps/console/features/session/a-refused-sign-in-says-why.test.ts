import { expect, test } from 'vitest';
import { describeRefusal } from './describe-refusal.ts';

test.each([
  [503, 'database_unavailable', /can’t reach its database/],
  [503, 'not_ready', /can’t be reached/],
  [0, undefined, /can’t be reached/],
  [401, 'unauthenticated', /email or the password is wrong/],
  [429, 'rate_limited', /Wait a minute/],
])('%s %s', (status, code, words) => {
  expect(describeRefusal(status, code)).toMatch(words);
});
