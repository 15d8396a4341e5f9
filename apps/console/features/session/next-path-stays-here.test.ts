// A sign-in link can not lead away from the console.
import { expect, test } from 'vitest';
import { safeNextPath } from './safe-next-path.ts';

test.each([
  ['https://evil.example/x'],
  ['//evil.example/x'],
  ['/\\evil.example/x'],
  ['/\t/evil.example/x'],
  ['/.//evil.example'],
  ['javascript:alert(1)'],
  ['/sign-in?next=/sign-in'],
  [''],
])('%j leads home', (wanted) => {
  expect(safeNextPath(wanted)).toBe('/');
});

test('a path of the console is kept', () => {
  expect(safeNextPath(null)).toBe('/');
  expect(safeNextPath('/runs/run_1?output=x')).toBe('/runs/run_1?output=x');
});
