// Entered from check-value with a literal sed script. An allow-list tokenizer: it follows the script command by
// command and refuses whatever writes (w, W, s///w), runs (e, s///e), reads other files (r, R) or is not understood.
import { type Problem, unknown } from '../explain/finding.ts';
import { leavesBracketOpen } from './leaves-bracket-open.ts';

const plainCommands = 'pPdDqQ=nNhHgGxl';

interface Cursor {
  script: string;
  at: number;
  /** The addresses of the blocks around. */
  blocks: string[];
  /** Labels passed, and whether another line was read since then whenever there was one. */
  labels: Map<string, boolean>;
  /** Jumped to, and not passed yet. */
  awaited: Set<string>;
  /** Whether `D` begins again, and whether something puts line breaks where it would. */
  restarts: boolean;
  addsLines: boolean;
}

const always = new Set(['', '$!']);

export function readSed(script: string): Problem | undefined {
  const cursor: Cursor = {
    script,
    at: 0,
    blocks: [],
    labels: new Map(),
    awaited: new Set(),
    restarts: false,
    addsLines: false,
  };
  for (;;) {
    while (/[\s;}]/.test(peek(cursor))) {
      if (peek(cursor) === '}') cursor.blocks.pop();
      cursor.at += 1;
    }
    if (cursor.at >= script.length) {
      return cursor.awaited.size > 0 || (cursor.restarts && cursor.addsLines) ? endless() : undefined;
    }
    const problem = readCommand(cursor);
    if (problem) return problem;
  }
}

function readCommand(cursor: Cursor): Problem | undefined {
  const start = cursor.at;
  if (!readAddresses(cursor)) return notPlain();
  skip(cursor, /[ \t]/);
  while (peek(cursor) === '!') {
    cursor.at += 1;
    skip(cursor, /[ \t]/);
  }
  const address = cursor.script.slice(start, cursor.at).replace(/[ \t]/g, '');
  const command = peek(cursor);
  cursor.at += 1;
  if (command === '{') {
    cursor.blocks.push(address);
    return undefined;
  }
  if (command === 'N' && [address, ...cursor.blocks].every((one) => always.has(one))) {
    for (const label of cursor.labels.keys()) cursor.labels.set(label, true);
  }
  if (command === 'D') cursor.restarts = true;
  if ('GHx'.includes(command)) cursor.addsLines = true;
  if (command !== '' && plainCommands.includes(command)) {
    skip(cursor, /[ \t]/);
    skip(cursor, /\d/);
    return readEnd(cursor);
  }
  if (command === ':' || command === 'b' || command === 't' || command === 'T') {
    skip(cursor, /[ \t]/);
    const named = cursor.at;
    skip(cursor, /[A-Za-z0-9_]/);
    const label = cursor.script.slice(named, cursor.at);
    return readEnd(cursor) ?? followLabel(cursor, command, label, [address, ...cursor.blocks]);
  }
  if (command === 's' || command === 'y') return readSubstitution(cursor, command);
  if (command === 'w' || command === 'W')
    return { kind: 'writes', because: `the sed command \`${command}\` writes a file` };
  if (command === 'e') return unknown('the sed command `e` runs a program');
  return notPlain();
}

/** Back only where each round reads a line: `:a;N;$!ba`. Forward is anywhere. */
function followLabel(
  cursor: Cursor,
  command: string,
  label: string,
  addresses: readonly string[],
): Problem | undefined {
  if (command === ':') {
    cursor.labels.set(label, false);
    cursor.awaited.delete(label);
    return undefined;
  }
  const readsOn = cursor.labels.get(label);
  if (readsOn === undefined) {
    if (label !== '') cursor.awaited.add(label);
    return undefined;
  }
  return readsOn && addresses.includes('$!') ? undefined : endless();
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
  if (!readDelimited(cursor, delimiter, command === 's')) return notPlain();
  const replacement = cursor.at;
  if (!readDelimited(cursor, delimiter, false)) return notPlain();
  if (/\\[nocd\dx]/.test(cursor.script.slice(replacement, cursor.at))) cursor.addsLines = true;
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

function endless(): Problem {
  return unknown('a loop in the sed script may not end');
}

function notPlain(): Problem {
  return unknown('the sed script does more than print, delete and replace');
}
