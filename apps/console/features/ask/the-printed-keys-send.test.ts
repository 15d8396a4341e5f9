// Ctrl or ⌘ with Enter sends from every field; Enter alone only a question.
import { expect, test } from 'vitest';
import { isSendKey } from './is-send-key.ts';

const enter = { key: 'Enter', ctrlKey: false, metaKey: false, shiftKey: false };

test.each(['ask', 'command', 'line'] as const)('with Ctrl or ⌘, from %s', (place) => {
  expect(isSendKey({ ...enter, ctrlKey: true }, place)).toBe(true);
  expect(isSendKey({ ...enter, metaKey: true }, place)).toBe(true);
  expect(isSendKey({ ...enter, ctrlKey: true, key: 'a' }, place)).toBe(false);
});

test('Enter alone sends a question; in a command it is a new line, elsewhere the browser’s own', () => {
  expect(isSendKey(enter, 'ask')).toBe(true);
  expect(isSendKey({ ...enter, shiftKey: true }, 'ask')).toBe(false);
  expect(isSendKey(enter, 'command')).toBe(false);
  expect(isSendKey(enter, 'line')).toBe(false);
});
