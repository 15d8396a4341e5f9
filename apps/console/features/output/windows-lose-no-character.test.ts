// Output that is read in windows says the same as output that is read at once.
import { expect, test } from 'vitest';
import { decodeWindow } from './decode-window.ts';

test.each([4, 5, 7, 16])('windows of %i bytes join to the whole', (size) => {
  const whole = 'größe 日本 🧭🧭 end\n'.repeat(9);
  const bytes = new TextEncoder().encode(whole);
  let text = '';
  for (let offset = 0; offset < bytes.length; ) {
    const window = decodeWindow(bytes.subarray(offset, offset + size), offset, offset + size >= bytes.length);
    expect(window.nextOffset).toBeGreaterThan(offset);
    text += window.text;
    offset = window.nextOffset;
  }
  expect(text).toBe(whole);
});

test('bytes that are no text are replaced, and the walk goes on', () => {
  const window = decodeWindow(new Uint8Array([0x61, 0xff, 0xfe, 0x80, 0x80, 0x80]), 100, false);
  expect(window.text.startsWith('a\ufffd\ufffd')).toBe(true);
  expect(window.nextOffset).toBe(106);
  expect(decodeWindow(new Uint8Array([0xf0]), 0, true)).toEqual({ text: '\ufffd', nextOffset: 1 });
});
