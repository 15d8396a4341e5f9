// A form says beside each field what it lacks, in its own words.
import { expect, test } from 'vitest';
import { findFormProblems } from './find-form-problems.ts';

const whole = { name: 'web-07', address: '10.0.0.7', port: '22', runAs: 'root', credential: 'default' };
const find = (change: Partial<typeof whole>) => {
  const fields: Record<string, string> = { ...whole, ...change };
  return findFormProblems((name) => fields[name] ?? '');
};

test('nothing, where all is there', () => {
  expect(find({})).toEqual({});
});

test.each(['name', 'address', 'runAs', 'credential', 'port'] as const)('%s is missing', (name) => {
  const found = find({ [name]: '' });
  expect(Object.keys(found)).toEqual([name]);
  expect(found[name]).toMatch(/\.$/);
});

test.each(['0', '65536', '-1', '22a', '1e3', '2.5'])('%s is no port', (port) => {
  expect(find({ port })).toEqual({ port: expect.stringContaining('1 to 65535') });
});
