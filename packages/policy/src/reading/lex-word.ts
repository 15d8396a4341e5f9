// Entered from lex-tokens at the first character of a word; leaves at the first character after it.
// Everything that is not plainly understood throws a LexRefusal: a person decides then.
import type { Level, WordPart } from './token.ts';

/** The text is outside the subset of sh that is judged. `because` completes "needs approval because …". */
export class LexRefusal extends Error {
  override readonly name = 'LexRefusal';
  readonly start: number;
  readonly end: number;
  /** What was opened and is not closed at the end of the text. null: it is refused for something else. */
  readonly unclosed: 'quote' | 'substitution' | null;

  constructor(because: string, start: number, end: number, unclosed: LexRefusal['unclosed'] = null) {
    super(because);
    this.start = start;
    this.end = end;
    this.unclosed = unclosed;
  }
}

export interface LexState {
  text: string;
  position: number;
  bashOnly: boolean;
  /** Reads tokens up to the `)` that closes the substitution. */
  readNested: () => Level;
}

const plainCharacter = /[A-Za-z0-9_./:@%+,=^!\]#~-]/;
const wordEnd = /[ \t\n;&|<>()]/;
const nameStart = /[A-Za-z_]/;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*/;
const specialNames = '?$#';
const rangePattern = /^\{(0|-?[1-9]\d{0,4})\.\.(0|-?[1-9]\d{0,4})\}/;
const bracketPattern = /^\[[!^]?[A-Za-z0-9_.,:@%+=-]+\]/;
const escapable = /[!-/:-@[-`{-~]/;

export function lexWord(state: LexState): WordPart[] {
  const parts: WordPart[] = [];
  const wordStart = state.position;
  while (state.position < state.text.length) {
    const character = state.text.charAt(state.position);
    if (wordEnd.test(character)) break;
    if (character === "'") readSingleQuoted(state, parts);
    else if (character === '"') readDoubleQuoted(state, parts);
    else if (character === '$') readDollar(state, parts, false);
    else if (character === '\\') readEscape(state, parts);
    else if (character === '*' || character === '?') {
      parts.push({ kind: 'glob', raw: character });
      state.position += 1;
    } else if (character === '[') readBracket(state, parts, wordStart);
    else if (character === '{' || character === '}') readBrace(state, parts, wordStart);
    else if (character === '~') readTilde(state, parts, wordStart);
    else if (plainCharacter.test(character)) {
      addText(parts, character, false);
      state.position += 1;
    } else refuseCharacter(state, character);
  }
  return parts;
}

function addText(parts: WordPart[], text: string, quoted: boolean): undefined {
  const last = parts.at(-1);
  if (last?.kind === 'text' && last.quoted === quoted) last.text += text;
  else parts.push({ kind: 'text', text, quoted });
}

function refuseCharacter(state: LexState, character: string): never {
  const at = state.position;
  if (character === '`') throw new LexRefusal('it uses backquotes; write `$( … )`', at, at + 1);
  const shown = state.text.codePointAt(at) ?? 0;
  throw new LexRefusal(
    `the character U+${shown.toString(16).toUpperCase().padStart(4, '0')} stands outside quotes and may look like another one`,
    at,
    at + String.fromCodePoint(shown).length,
  );
}

function readSingleQuoted(state: LexState, parts: WordPart[]): undefined {
  const close = state.text.indexOf("'", state.position + 1);
  if (close < 0) throw new LexRefusal('a quote is not closed', state.position, state.text.length, 'quote');
  addText(parts, state.text.slice(state.position + 1, close), true);
  state.position = close + 1;
}

function readDoubleQuoted(state: LexState, parts: WordPart[]): undefined {
  const open = state.position;
  addText(parts, '', true);
  state.position += 1;
  for (;;) {
    const character = state.text.charAt(state.position);
    if (character === '') throw new LexRefusal('a quote is not closed', open, state.text.length, 'quote');
    if (character === '"') break;
    if (character === '`') refuseCharacter(state, character);
    if (character === '$') readDollar(state, parts, true);
    else if (character === '\\') {
      const next = state.text.charAt(state.position + 1);
      if (next === '\n') throw new LexRefusal('a line is continued inside quotes', state.position, state.position + 2);
      addText(parts, '$"\\`'.includes(next) && next !== '' ? next : `\\${next}`, true);
      state.position += 2;
    } else {
      addText(parts, character, true);
      state.position += 1;
    }
  }
  state.position += 1;
}

function readEscape(state: LexState, parts: WordPart[]): undefined {
  const next = state.text.charAt(state.position + 1);
  if (!escapable.test(next)) {
    throw new LexRefusal('a backslash hides what follows it', state.position, state.position + 2);
  }
  addText(parts, next, true);
  state.position += 2;
}

function readBracket(state: LexState, parts: WordPart[], wordStart: number): undefined {
  const rest = state.text.slice(state.position);
  const set = bracketPattern.exec(rest);
  if (set) {
    parts.push({ kind: 'glob', raw: set[0] });
    state.position += set[0].length;
    return;
  }
  // `[` and `[[` as the name of the test program: a word of their own.
  const name = /^\[{1,2}(?=[ \t])/.exec(rest);
  if (!name || state.position !== wordStart) {
    throw new LexRefusal('a `[` outside quotes is not a plain character set', state.position, state.position + 1);
  }
  if (name[0] === '[[') state.bashOnly = true;
  addText(parts, name[0], false);
  state.position += name[0].length;
}

function readBrace(state: LexState, parts: WordPart[], wordStart: number): undefined {
  const rest = state.text.slice(state.position);
  const range = rangePattern.exec(rest);
  if (range) {
    const [whole, from, to] = range;
    if (state.position !== wordStart || !isWordEnd(state.text, state.position + whole.length)) {
      throw new LexRefusal(
        'braces outside quotes mean different things to different shells',
        state.position,
        state.position + whole.length,
      );
    }
    parts.push({ kind: 'range', from: Number(from), to: Number(to) });
    state.bashOnly = true;
    state.position += whole.length;
    return;
  }
  // `/proc/{}/limits`: no shell makes anything of it.
  const isEmpty = rest.startsWith('{}');
  const alone = isEmpty ? '{}' : rest.charAt(0);
  if (!isEmpty && (state.position !== wordStart || !isWordEnd(state.text, state.position + 1))) {
    throw new LexRefusal(
      'braces outside quotes mean different things to different shells',
      state.position,
      state.position + 1,
    );
  }
  addText(parts, alone, false);
  state.position += alone.length;
}

function readTilde(state: LexState, parts: WordPart[], wordStart: number): undefined {
  const next = state.text.charAt(state.position + 1);
  if (state.position !== wordStart || !(next === '/' || isWordEnd(state.text, state.position + 1))) {
    throw new LexRefusal('`~` stands for a directory that is not known', state.position, state.position + 1);
  }
  parts.push({ kind: 'home' });
  state.position += 1;
}

function isWordEnd(text: string, position: number): boolean {
  return position >= text.length || wordEnd.test(text.charAt(position));
}

function readDollar(state: LexState, parts: WordPart[], quoted: boolean): undefined {
  const start = state.position;
  const rest = state.text.slice(start + 1, start + 80);
  const next = rest.charAt(0);
  if (rest.startsWith('((')) return readArithmetic(state, parts, quoted);
  if (next === '(') {
    state.position = start + 2;
    const level = state.readNested();
    parts.push({ kind: 'substitution', level, start, end: state.position, quoted });
    return;
  }
  const braced = /^\{([A-Za-z_][A-Za-z0-9_]*|[?$#])\}/.exec(rest);
  const name =
    braced?.[1] ?? namePattern.exec(rest)?.[0] ?? (next !== '' && specialNames.includes(next) ? next : undefined);
  if (name !== undefined) {
    if (name === '#' && !braced && nameStart.test(rest.charAt(1))) {
      throw new LexRefusal('`$#` runs into a name', start, start + 3);
    }
    parts.push({ kind: 'variable', name, quoted });
    state.position = start + 1 + (braced ? braced[0].length : name.length);
    return;
  }
  // A `$` that starts nothing: `"foo$"`.
  if (quoted && !/[A-Za-z0-9_{(?$#!@*[-]/.test(next)) {
    addText(parts, '$', true);
    state.position += 1;
    return;
  }
  const because =
    next === '{'
      ? 'an expansion with an operator is computed when it runs'
      : next === "'" || next === '"'
        ? 'this quoting means different things to different shells'
        : 'an expansion is not known before it runs';
  throw new LexRefusal(because, start, start + 2);
}

function readArithmetic(state: LexState, parts: WordPart[], quoted: boolean): undefined {
  const start = state.position;
  let depth = 0;
  for (let at = start + 3; at < state.text.length; at += 1) {
    const character = state.text.charAt(at);
    if (character === '(') depth += 1;
    else if (character === ')' && depth > 0) depth -= 1;
    else if (character === ')' && state.text.charAt(at + 1) === ')') {
      const expression = state.text.slice(start + 3, at);
      // `$` names a variable and nothing else; `++` and `--` would change one.
      if (/\$(?![A-Za-z_])|\+\+|--/.test(expression)) break;
      parts.push({ kind: 'arithmetic', expression, quoted });
      state.position = at + 2;
      return;
    } else if (!/[A-Za-z0-9_$ +*/%-]/.test(character)) break;
  }
  throw new LexRefusal('arithmetic that does more than + - * / % is computed when it runs', start, start + 3);
}
