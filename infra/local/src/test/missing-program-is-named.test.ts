import { expect, test } from 'vitest';
import { describeMissing, missingPrograms } from './install-system-packages.mjs';

test('each missing program is named with what it is for and how to get it', () => {
  const sentence = describeMissing(missingPrograms('/nowhere'));
  expect(sentence.split('\n')).toHaveLength(7);
  expect(sentence).toContain(
    'redis-server (for the queue and doorbells on Redis; on Debian: apt-get install redis-server)',
  );
});

test('what is installed is not named', () => {
  expect(missingPrograms()).toEqual([]);
});
