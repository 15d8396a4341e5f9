// What a node printed, made safe to look at: nothing in it can hide, move, recolour or reverse what a person reads. Entered
// with any text; gives pieces that are drawn as text nodes. Pure.

export type InertPiece =
  | { kind: 'text'; text: string }
  /** A character that would not show itself, `count` times in a row. */
  | { kind: 'mark'; label: string; meaning: string; count: number };

/** Share of characters that are none, from which on bytes count as no text. */
const binaryShare = 0.1;

export function looksBinary(text: string, unprintable: number): boolean {
  return unprintable > text.length * binaryShare;
}

export interface InertText {
  pieces: InertPiece[];
  /** Terminal sequences (colours, cursor moves, links) that were left out; 0 when they are shown. */
  hiddenSequences: number;
  /** Characters shown as marks, and bytes that were not text: how far from text this is. */
  unprintable: number;
}

/** The forms of a terminal sequence; each ends in itself and on its line, so that an unfinished one swallows
 * nothing and a finished one no lines. */
const sequenceForms = [
  String.raw`\x1b\[[0-?]*[ -/]*[@-~]`, // colours, cursor, erase
  String.raw`\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)`, // titles, links, clipboard
  String.raw`\x1b[PX^_][^\x1b\n]*\x1b\\`, // strings for the device
  String.raw`\x1b[ -/]*[0-OQ-WYZ\\\x60-~]`, // modes, character sets
];
const terminalSequences = new RegExp(sequenceForms.join('|'), 'g');

/** `'hide'` leaves terminal sequences out and counts them; `'show'` shows every one of their characters; `'exact'` is for a command: it also
 * marks what may pass for another character. */
export type InertMode = 'hide' | 'show' | 'exact';

export function makeInert(text: string, mode: InertMode): InertText {
  let hiddenSequences = 0;
  const shown =
    mode !== 'hide'
      ? text
      : text.replace(terminalSequences, () => {
          hiddenSequences += 1;
          return '';
        });
  const pieces: InertPiece[] = [];
  let plain = '';
  let unprintable = 0;
  let before = 0;
  for (let at = 0; at < shown.length; ) {
    const code = shown.codePointAt(at) ?? 0;
    const width = code > 0xffff ? 2 : 1;
    // The end of a Windows line is no more than the end of a line.
    if (code === 0x0d && shown.charCodeAt(at + 1) === 0x0a) {
      at += 1;
      continue;
    }
    // Behind an emoji it only says that it is drawn in colour. Behind anything else, or once more, it says nothing that can be seen.
    const isOfEmoji = code === 0xfe0f && mode !== 'exact' && isEmoji(before, shown.codePointAt(at + 1));
    const mark = isOfEmoji
      ? null
      : (markFor(code) ?? (mode === 'exact' && mayPassForAnother(code) ? lookAlike(code) : null));
    if (code === 0xfffd) unprintable += 1;
    if (mark === null) {
      plain += shown.slice(at, at + width);
    } else {
      unprintable += 1;
      if (plain !== '') pieces.push({ kind: 'text', text: plain });
      plain = '';
      const last = pieces.at(-1);
      if (last?.kind === 'mark' && last.label === mark.label) last.count += 1;
      else pieces.push({ kind: 'mark', ...mark, count: 1 });
    }
    before = code;
    at += width;
  }
  if (plain !== '') pieces.push({ kind: 'text', text: plain });
  return { pieces, hiddenSequences, unprintable };
}

const c0Names =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );

function markFor(code: number): { label: string; meaning: string } | null {
  if (code === 0x0a || code === 0x09) return null;
  const c0 = c0Names[code];
  if (c0 !== undefined) return { label: c0, meaning: `control character ${c0}` };
  if (code === 0x7f) return { label: 'DEL', meaning: 'control character DEL' };
  if (code < 0x7f) return null;
  if (code <= 0x9f) return { label: codePoint(code), meaning: `control character ${codePoint(code)}` };
  if (isDirection(code)) return { label: codePoint(code), meaning: 'would change the direction of the text' };
  if (isInvisible(code)) return { label: codePoint(code), meaning: 'an invisible character' };
  if (code >= 0xd800 && code <= 0xdfff) return { label: codePoint(code), meaning: 'half of a character' };
  return null;
}

/** The same rule as for the text of an approval: printable ASCII and the accented letters of Latin-1 are what they seem. */
function mayPassForAnother(code: number): boolean {
  return code > 0x7e && !(code >= 0xc0 && code <= 0xff && code !== 0xd7 && code !== 0xf7);
}

function lookAlike(code: number): { label: string; meaning: string } {
  return { label: `${String.fromCodePoint(code)} ${codePoint(code)}`, meaning: 'can be taken for another character' };
}

function isDirection(code: number): boolean {
  return (
    code === 0x061c ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}

/** A picture, or a digit of a key: `after` is the key's frame. */
function isEmoji(code: number, after: number | undefined): boolean {
  return /\p{Extended_Pictographic}/u.test(String.fromCodePoint(code)) || (after === 0x20e3 && isOfKey(code));
}

function isOfKey(code: number): boolean {
  return code === 0x23 || code === 0x2a || (code >= 0x30 && code <= 0x39);
}

function isInvisible(code: number): boolean {
  return (
    code === 0x00ad ||
    code === 0x034f ||
    code === 0x115f ||
    code === 0x1160 ||
    code === 0x17b4 ||
    code === 0x17b5 ||
    (code >= 0x180b && code <= 0x180f) ||
    (code >= 0x200b && code <= 0x200d) ||
    code === 0x2028 ||
    code === 0x2029 ||
    (code >= 0x2060 && code <= 0x2065) ||
    (code >= 0x206a && code <= 0x206f) ||
    code === 0x2800 ||
    code === 0x3164 ||
    // Selectors of a variant: with 256 of them a whole text can be written behind one letter.
    (code >= 0xfe00 && code <= 0xfe0f) ||
    code === 0xfeff ||
    code === 0xffa0 ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    (code >= 0x1bca0 && code <= 0x1bca3) ||
    (code >= 0x1d173 && code <= 0x1d17a) ||
    // Tags, more selectors, and what is kept free for characters that are not drawn.
    (code >= 0xe0000 && code <= 0xe0fff)
  );
}

function codePoint(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
