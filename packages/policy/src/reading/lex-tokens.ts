// Entered from evaluate-command. Reads the text the way a POSIX shell splits it into tokens, in a subset where dash,
// busybox and bash agree; throws LexRefusal for the rest. Independent of the grammar on purpose.
import { LexRefusal, type LexState, lexWord } from './lex-word.ts';
import type { Level, Lexed } from './token.ts';

const nestingMax = 8;
const operators = ['&&', '||', ';;', ';', '&', '|', '(', ')'];
const redirects = ['>>', '>&', '<&', '>|', '>', '<'];
const refusedOperators: Array<[string, string]> = [
  ['<<<', 'a here-string is bash only'],
  ['<<', 'a here-document is text that is put together when it runs'],
  ['<(', 'process substitution runs a command in place of a file'],
  ['>(', 'process substitution runs a command in place of a file'],
  ['<>', '`<>` opens a file for writing'],
  ['|&', '`|&` is bash only'],
  [';;&', '`;;&` is bash only'],
  [';&', '`;&` is bash only'],
  ['&>>', '`&>>` is bash only'],
];

export function lexTokens(text: string): Lexed {
  const levels: Level[] = [];
  let depth = 0;
  const state: LexState = {
    text,
    position: 0,
    bashOnly: false,
    readNested: () => {
      depth += 1;
      if (depth > nestingMax) throw new LexRefusal('substitutions are nested too deeply', state.position, text.length);
      const level = readLevel(state, levels, true);
      depth -= 1;
      return level;
    },
  };
  const top = readLevel(state, levels, false);
  return { top, levels, bashOnly: state.bashOnly };
}

/** Stops after the `)` that closes a nested level, or at the end of the text. */
function readLevel(state: LexState, levels: Level[], nested: boolean): Level {
  const level: Level = { tokens: [], at: new Map(), claimed: new Set() };
  levels.push(level);
  const opened = state.position;
  let parentheses = 0;
  while (skipBlanks(state)) {
    const start = state.position;
    const character = state.text.charAt(start);
    if (character === ')' && parentheses === 0 && nested) {
      state.position += 1;
      return level;
    }
    if (character === '\n') {
      state.position += 1;
      add(level, { kind: 'newline', start, end: state.position });
      continue;
    }
    if (readRedirect(state, level) || readOperator(state, level)) {
      if (character === '(') parentheses += 1;
      else if (character === ')' && parentheses > 0) parentheses -= 1;
      continue;
    }
    const parts = lexWord(state);
    add(level, { kind: 'word', start, end: state.position, parts });
  }
  if (nested) throw new LexRefusal('a `$(` is not closed', opened - 2, state.text.length, 'substitution');
  return level;
}

function add(level: Level, token: Level['tokens'][number]): undefined {
  level.at.set(token.start, level.tokens.length);
  level.tokens.push(token);
}

/** Passes blanks, comments and continued lines. False at the end of the text. */
function skipBlanks(state: LexState): boolean {
  const { text } = state;
  for (;;) {
    const character = text.charAt(state.position);
    if (character === ' ' || character === '\t') state.position += 1;
    else if (character === '\\' && text.charAt(state.position + 1) === '\n') {
      // Only between blanks: elsewhere the two halves would be one word.
      const before = text.charAt(state.position - 1);
      const after = text.charAt(state.position + 2);
      if (!/[ \t]/.test(before) || after === '') {
        throw new LexRefusal('a line is continued inside a word', state.position, state.position + 2);
      }
      state.position += 2;
    } else if (character === '#') {
      const end = text.indexOf('\n', state.position);
      const comment = text.slice(state.position, end < 0 ? undefined : end);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: everything outside ASCII is meant
      if (/[^\x00-\x7f]/.test(comment)) {
        throw new LexRefusal(
          'a comment holds characters outside ASCII',
          state.position,
          state.position + comment.length,
        );
      }
      if (comment.endsWith('\\')) {
        throw new LexRefusal('a comment ends in a backslash', state.position, state.position + comment.length);
      }
      state.position += comment.length;
    } else return character !== '';
  }
}

function readRedirect(state: LexState, level: Level): boolean {
  const start = state.position;
  const rest = state.text.slice(start, start + 12);
  for (const [operator, because] of refusedOperators) {
    if (rest.startsWith(operator)) throw new LexRefusal(because, start, start + operator.length);
  }
  if (rest.startsWith('&>')) {
    state.bashOnly = true;
    state.position += 2;
    add(level, { kind: 'redirect', text: '&>', descriptor: undefined, start, end: state.position });
    return true;
  }
  const descriptor = /^\d+(?=[<>])/.exec(rest)?.[0];
  const after = rest.slice(descriptor?.length ?? 0);
  for (const [operator, because] of refusedOperators) {
    if (descriptor !== undefined && after.startsWith(operator))
      throw new LexRefusal(because, start, start + rest.length);
  }
  const operator = redirects.find((candidate) => after.startsWith(candidate));
  if (operator === undefined) return false;
  state.position += (descriptor?.length ?? 0) + operator.length;
  add(level, { kind: 'redirect', text: operator, descriptor, start, end: state.position });
  return true;
}

function readOperator(state: LexState, level: Level): boolean {
  const start = state.position;
  const operator = operators.find((candidate) => state.text.startsWith(candidate, start));
  if (operator === undefined) return false;
  state.position += operator.length;
  add(level, { kind: 'operator', text: operator, start, end: state.position });
  return true;
}
