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
