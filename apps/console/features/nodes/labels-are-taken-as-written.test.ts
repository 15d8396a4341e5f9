// Labels arrive as they were written, and what can't be a label is named.
import { expect, test } from 'vitest';
import { parseLabels } from './parse-labels.ts';

test('terms by comma, space or line', () => {
  expect(parseLabels(' role=web, rack=a\nenv=prod,, ')).toEqual({
    kind: 'labels',
    labels: { role: 'web', rack: 'a', env: 'prod' },
  });
  expect(parseLabels('')).toEqual({ kind: 'labels', labels: {} });
  expect(parseLabels('url=a=b')).toEqual({ kind: 'labels', labels: { url: 'a=b' } });
});

test.each(['role', 'role=', 'Role=web', '=web', 'role=a role=b'])('%j is refused', (text) => {
  expect(parseLabels(text).kind).toBe('wrong');
});
