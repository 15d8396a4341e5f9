// What a node prints can not hide, reorder or recolour what a person reads.
import { expect, test } from 'vitest';
import { type InertMode, makeInert } from './make-inert.ts';

const esc = '\u001b';

function read(text: string, terminal: InertMode = 'hide'): string {
  return makeInert(text, terminal)
    .pieces.map((piece) =>
      piece.kind === 'text' ? piece.text : `<${piece.label}${piece.count > 1 ? `×${piece.count}` : ''}>`,
    )
    .join('');
}

test('colours, cursor moves, titles and links are left out and counted', () => {
  const text = `${esc}[31mred${esc}[0m ${esc}[2J${esc}[1;1H${esc}]0;title\u0007${esc}]8;;http://x${esc}\\link${esc}]8;;${esc}\\ ${esc}(Bend${esc}=`;
  expect(read(text)).toBe('red link end');
  expect(makeInert(text, 'hide').hiddenSequences).toBe(9);
});

test('on request every character of a sequence is shown', () => {
  expect(read(`a${esc}[31mb`, 'show')).toBe('a<ESC>[31mb');
});

test('an unfinished sequence swallows nothing', () => {
  expect(read(`${esc}]0;the rest of the output\nsecond line`)).toBe('<ESC>]0;the rest of the output\nsecond line');
});

test('control characters are visible; lines and tabs are what they are', () => {
  expect(read('a\0\0\0b\bc\rd\r\ne\tf\u007f\u0085')).toBe('a<NUL×3>b<BS>c<CR>d\ne\tf<DEL><U+0085>');
});

test('characters that reverse or hide text are visible', () => {
  expect(read('rm \u202egpj.x\u202c a\u200bb\u2066c\u{e0041}d\ufeff')).toBe(
    'rm <U+202E>gpj.x<U+202C> a<U+200B>b<U+2066>c<U+E0041>d<U+FEFF>',
  );
});

test.each([
  0xfe00, 0xfe0e, 0xfe0f, 0xe0100, 0xe01ef, 0x180b, 0x180c, 0x180d, 0x180e, 0x180f, 0x17b4, 0x17b5, 0x2800, 0x1d173,
  0xe0fff,
])('a character that is not drawn is visible: %i', (code) => {
  const label = `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  for (const mode of ['hide', 'show', 'exact'] as const)
    expect(read(`a${String.fromCodePoint(code)}b`, mode)).toBe(`a${label}b`);
});

test('no text hides behind a letter or an emoji in selectors of its variants', () => {
  const hidden = [...'rm -rf'].map((letter) => String.fromCodePoint(0xe0100 + letter.charCodeAt(0))).join('');
  expect(makeInert(`ok${hidden}`, 'hide')).toMatchObject({ unprintable: 6 });
  expect(read('🧭\ufe0f\ufe0f\ufe0e')).toBe('🧭\ufe0f<U+FE0F><U+FE0E>');
  expect(read('1\ufe0f2')).toBe('1<U+FE0F>2');
});

test('an emoji in colour stays whole in an answer, and nothing is left out of a command', () => {
  for (const text of ['⚠\ufe0f disk full', '❤\ufe0f', '1\ufe0f\u20e3'])
    expect([read(text), read(text, 'show'), makeInert(text, 'hide').unprintable]).toEqual([text, text, 0]);
  expect(read('⚠\ufe0f', 'exact')).toBe('<⚠ U+26A0><U+FE0F>');
});

test('markup is text, and other scripts and emoji stay whole', () => {
  const text = '<script>alert(1)</script> &amp; größe 日本 🧭';
  expect(read(text)).toBe(text);
});

test('half a character is not passed on', () => {
  expect(read('x\ud83d')).toBe('x<U+D83D>');
});

test('in a command, what may pass for another character is marked as well', () => {
  expect(read('c\u0430t größe \u2013rf \uff0fsrv \u202ex', 'exact')).toBe(
    'c<\u0430 U+0430>t größe <\u2013 U+2013>rf <\uff0f U+FF0F>srv <U+202E>x',
  );
  expect(read('c\u0430t', 'show')).toBe('c\u0430t');
});
