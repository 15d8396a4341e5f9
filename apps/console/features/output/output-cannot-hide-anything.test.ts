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

/** A terminal would write to the clipboard, move, paste, draw or answer: here each is left out and counted, or shown. */
test.each([
  ['OSC 52, the clipboard', `${esc}]52;c;cm0gLXJmIC8=\u0007`, '<ESC>]52;c;cm0gLXJmIC8=<BEL>'],
  ['OSC 52, ended by ST', `${esc}]52;c;cm0gLXJmIC8=${esc}\\`, '<ESC>]52;c;cm0gLXJmIC8=<ESC>\\'],
  ['OSC 52, the clipboard’s question', `${esc}]52;c;?\u0007`, '<ESC>]52;c;?<BEL>'],
  ['OSC 4 and 7, a colour and a directory', `${esc}]7;file:///etc\u0007`, '<ESC>]7;file:///etc<BEL>'],
  ['OSC 1337, a file of iTerm', `${esc}]1337;File=inline=1:AAAA\u0007`, '<ESC>]1337;File=inline=1:AAAA<BEL>'],
  ['the cursor up', `${esc}[1A`, '<ESC>[1A'],
  ['the cursor back', `${esc}[999D`, '<ESC>[999D'],
  ['the cursor to a place', `${esc}[1;1H`, '<ESC>[1;1H'],
  ['a line erased', `${esc}[2K`, '<ESC>[2K'],
  ['a region that scrolls', `${esc}[1;2r`, '<ESC>[1;2r'],
  ['the cursor saved', `${esc}7`, '<ESC>7'],
  ['another screen', `${esc}[?1049h`, '<ESC>[?1049h'],
  ['bracketed paste on', `${esc}[?2004h`, '<ESC>[?2004h'],
  ['a paste that begins', `${esc}[200~`, '<ESC>[200~'],
  ['a paste that ends', `${esc}[201~`, '<ESC>[201~'],
  ['a question for the cursor’s place', `${esc}[6n`, '<ESC>[6n'],
  ['a sixel picture', `${esc}Pq#0;2;0;0;0#0~~@@${esc}\\`, '<ESC>Pq#0;2;0;0;0#0~~@@<ESC>\\'],
  ['a DCS question', `${esc}P$qm${esc}\\`, '<ESC>P$qm<ESC>\\'],
  ['an APC picture of kitty', `${esc}_Gf=24;AAAA${esc}\\`, '<ESC>_Gf=24;AAAA<ESC>\\'],
  ['a reset', `${esc}c`, '<ESC>c'],
])('%s does nothing and is counted, or shown', (_what, sequence, shown) => {
  const text = `a${sequence}b`;
  expect([read(text), makeInert(text, 'hide').hiddenSequences]).toEqual(['ab', 1]);
  for (const mode of ['show', 'exact'] as const) {
    expect([read(text, mode), makeInert(text, mode).hiddenSequences]).toEqual([`a${shown}b`, 0]);
  }
});

test('C1 controls, which UTF-8 writes in two bytes, begin no sequence: each is visible, with what stands behind it', () => {
  const utf8 = new TextDecoder();
  for (let code = 0x80; code <= 0x9f; code += 1) {
    const text = utf8.decode(Uint8Array.of(0x61, 0xc2, code, 0x62));
    for (const mode of ['hide', 'show', 'exact'] as const)
      expect([read(text, mode), makeInert(text, mode).hiddenSequences]).toEqual([
        `a<U+00${code.toString(16).toUpperCase()}>b`,
        0,
      ]);
  }
  expect(read('\u009b2J\u009d52;c;cm0=\u0007\u0090q~~\u009c')).toBe(
    '<U+009B>2J<U+009D>52;c;cm0=<BEL><U+0090>q~~<U+009C>',
  );
  // ST of one character ends nothing that began with two.
  expect(read(`${esc}]52;c;cm0=\u009cb`)).toBe('<ESC>]52;c;cm0=<U+009C>b');
});

test('a sequence inside a sequence hides nothing behind it', () => {
  expect(read(`${esc}[3${esc}[1mred`)).toBe('<ESC>[3red');
  expect(read(`${esc}]52;c;${esc}[2Kx\u0007y`)).toBe('<ESC>]52;c;x<BEL>y');
  expect(read(`${esc}Pq${esc}[1Aabc`)).toBe('<ESC>Pqabc');
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
