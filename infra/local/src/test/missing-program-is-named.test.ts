import { expect, test } from 'vitest';
import { describeMissing, missingPrograms } from './install-system-packages.mjs';

test('each missing program is named with what it is for and how to get it', () => {
  const missing = missingPrograms('/nowhere');
  expect(missing.map(({ program }) => program)).toEqual(expect.arrayContaining(['sshd', 'dash', 'bash', 'busybox']));
  const sentence = describeMissing(missing);
  const lines = sentence.split('\n').slice(1);
  expect(lines).toHaveLength(missing.length);
  for (const [index, { program, debianPackage }] of missing.entries()) {
    expect(lines[index]?.startsWith(`  ${program} (for `), lines[index]).toBe(true);
    expect(lines[index]?.endsWith(`apt-get install ${debianPackage})`), lines[index]).toBe(true);
  }
  expect(sentence).toContain(
    'redis-server (for the queue and doorbells on Redis; on Debian: apt-get install redis-server)',
  );
});

test('what a harness does not use is not installed for it', () => {
  const others = missingPrograms('/nowhere').filter(({ testsOnly }) => testsOnly);
  expect(others.map(({ program }) => program).toSorted()).toEqual(['chromium', 'nft']);
});

test('what is installed is not named', () => {
  expect(missingPrograms()).toEqual([]);
});
