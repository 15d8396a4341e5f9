import { expect, test } from 'vitest';
import { describeMasked } from './describe-masked.ts';

const stream = (rules: Record<string, number>) => ({
  ...{ rawSha256: null, bytes: 40, rules },
  count: Object.values(rules).reduce((sum, each) => sum + each, 0),
});

test('both streams are counted together, the most frequent rule first', () => {
  const redaction = { stdout: stream({ 'secretlint/github': 1, assignment: 2 }), stderr: stream({ assignment: 1 }) };
  expect(describeMasked(redaction)).toEqual({
    sentence: '4 secrets were masked at the satellite',
    rules: 'By rule: assignment 3, github 1',
  });
});

test('one is one', () => {
  const { sentence, rules } = describeMasked({ stdout: null, stderr: stream({ 'private-key': 1 }) });
  expect([sentence, rules]).toEqual(['1 secret was masked at the satellite', 'By rule: private key 1']);
});
