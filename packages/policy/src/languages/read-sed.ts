// Entered from check-value with a literal sed script. An allow-list tokenizer: it follows the script command by
// command and refuses whatever writes (w, W, s///w), runs (e, s///e), reads other files (r, R) or is not understood.
import { type Problem, unknown } from '../explain/finding.ts';
import { leavesBracketOpen } from './leaves-bracket-open.ts';

const plainCommands = 'pPdDqQ=nNhHgGxl';

interface Cursor {
  script: string;
  at: number;
}

export function readSed(script: string): Problem | undefined {
  const cursor: Cursor = { script, at: 0 };
  for (;;) {
    skip(cursor, /[\s;}]/);
    if (cursor.at >= script.length) return undefined;
    const problem = readCommand(cursor);
    if (problem) return problem;
  }
}

function readCommand(cursor: Cursor): Problem | undefined {
  if (!readAddresses(cursor)) return notPlain();
  skip(cursor, /[ \t]/);
  while (peek(cursor) === '!') {
    cursor.at += 1;
    skip(cursor, /[ \t]/);
  }
  const command = peek(cursor);
  cursor.at += 1;
  if (command === '{') return undefined;
  if (command !== '' && plainCommands.includes(command)) {
    skip(cursor, /[ \t]/);
    skip(cursor, /\d/);
    return readEnd(cursor);
  }
  if (command === ':' || command === 'b' || command === 't' || command === 'T') {
    skip(cursor, /[ \t]/);
    skip(cursor, /[A-Za-z0-9_]/);
    return readEnd(cursor);
  }
  if (command === 's' || command === 'y') return readSubstitution(cursor, command);
  if (command === 'w' || command === 'W')
    return { kind: 'writes', because: `the sed command \`${command}\` writes a file` };
  if (command === 'e') return unknown('the sed command `e` runs a program');
  return notPlain();
}

/** Nothing, one or two addresses. False when one is not understood. */
function readAddresses(cursor: Cursor): boolean {
  const first = readAddress(cursor, false);
  if (first === 'none') return true;
  if (first === 'bad') return false;
  skip(cursor, /[ \t]/);
  if (peek(cursor) !== ',') return true;
  cursor.at += 1;
  skip(cursor, /[ \t]/);
  return readAddress(cursor, true) === 'read';
}

function readAddress(cursor: Cursor, second: boolean): 'none' | 'read' | 'bad' {
  if (peek(cursor) === '/') {
    cursor.at += 1;
    if (!readDelimited(cursor, '/', true)) return 'bad';
    skip(cursor, /[IM]/);
    return 'read';
  }
  const line = (second ? /^(?:[+~]?\d+|\$)/ : /^(?:\d+(?:~\d+)?|\$)/).exec(cursor.script.slice(cursor.at));
  if (!line) return 'none';
  cursor.at += line[0].length;
  return 'read';
}

function readSubstitution(cursor: Cursor, command: 's' | 'y'): Problem | undefined {
  const delimiter = peek(cursor);
  if (!/^[!-/:-@^_`{|}~]$/.test(delimiter) || delimiter === ';' || delimiter === '\\') return notPlain();
  cursor.at += 1;
  if (!readDelimited(cursor, delimiter, command === 's') || !readDelimited(cursor, delimiter, false)) return notPlain();
  if (command === 's') {
    skip(cursor, /[gpiIMm0-9]/);
    const flag = peek(cursor);
    if (flag === 'e') return unknown('the sed flag `e` runs a program');
    if (flag === 'w') return { kind: 'writes', because: 'the sed flag `w` writes a file' };
  }
  return readEnd(cursor);
}

/** Past the closing delimiter. False where implementations disagree on which one closes. */
function readDelimited(cursor: Cursor, delimiter: string, regularExpression: boolean): boolean {
  const start = cursor.at;
  for (;;) {
    const character = peek(cursor);
    if (character === '' || character === '\n') return false;
    cursor.at += 1;
    if (character === '\\') {
      if (peek(cursor) === '' || peek(cursor) === '\n') return false;
      cursor.at += 1;
    } else if (character === delimiter) {
      return !regularExpression || !leavesBracketOpen(cursor.script.slice(start, cursor.at - 1));
    }
  }
}

function readEnd(cursor: Cursor): Problem | undefined {
  skip(cursor, /[ \t]/);
  return /^[;}\n]?$/.test(peek(cursor)) ? undefined : notPlain();
}

function skip(cursor: Cursor, characters: RegExp): undefined {
  while (cursor.at < cursor.script.length && characters.test(peek(cursor))) cursor.at += 1;
}

function peek(cursor: Cursor): string {
  return cursor.script.charAt(cursor.at);
}

function notPlain(): Problem {
  return unknown('the sed script does more than print, delete and replace');
}
