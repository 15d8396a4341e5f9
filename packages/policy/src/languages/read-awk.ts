// Entered from check-value with a literal awk program. An allow-list tokenizer: every token must be one of a language
// without system(), pipes, redirections, getline, user functions and the variables that steer input. Where awk
// implementations could split the text differently, the program is not judged.
import { type Problem, unknown } from '../explain/finding.ts';
import { leavesBracketOpen } from './leaves-bracket-open.ts';

const functions = new Set(
  'length substr index split sub gsub match sprintf sin cos atan2 exp log sqrt int rand srand tolower toupper strftime systime mktime gensub asort asorti strtonum and or xor lshift rshift compl'.split(
    ' ',
  ),
);
const keywords = new Set('BEGIN END if else for in next nextfile exit delete print printf break continue'.split(' '));
/** After these, `/` begins a regular expression. */
const expressionKeywords = new Set(['print', 'printf', 'exit', 'else', 'in', 'BEGIN', 'END', 'next']);
const refusedNames = new Set(
  'ARGV ARGC ENVIRON PROCINFO SYMTAB FUNCTAB getline system close fflush func function while do return switch case default eval include load namespace BINMODE LINT TEXTDOMAIN'.split(
    ' ',
  ),
);
const operators = [
  '&&',
  '||',
  '==',
  '!=',
  '<=',
  '>=',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '!~',
  '**',
  ...'{}()[];,+-*/%^!<>?:=$~',
];
/** A `/` after one of these divides, in every implementation. */
const dividing = new Set(['name', 'number', 'string', ']', ')']);

interface Cursor {
  program: string;
  at: number;
  /** The token before, as its class or its text. */
  before: string;
  parentheses: number;
  /** Depth of parentheses at the `print` whose statement is being read. */
  printing: number | undefined;
}

export function readAwk(program: string): Problem | undefined {
  const cursor: Cursor = { program, at: 0, before: 'start', parentheses: 0, printing: undefined };
  while (cursor.at < program.length) {
    const problem = readToken(cursor);
    if (problem) return problem;
  }
  return undefined;
}

function readToken(cursor: Cursor): Problem | undefined {
  const rest = cursor.program.slice(cursor.at);
  const blank = /^(?:[ \t]+|#[^\n\\]*(?=\n|$))/.exec(rest);
  if (blank) {
    cursor.at += blank[0].length;
    return undefined;
  }
  // A line break need not end a `print`: only `;` and braces are taken to.
  if (rest.startsWith('\n')) return take(cursor, '\n', ';');
  const number = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.])/.exec(rest);
  if (number) return take(cursor, number[0], 'number');
  const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest);
  if (name) return readName(cursor, name[0]);
  if (rest.startsWith('"')) return readString(cursor, rest);
  if (rest.startsWith('/')) return readSlash(cursor, rest);
  return readOperator(cursor, rest);
}

function take(cursor: Cursor, text: string, before: string): undefined {
  cursor.at += text.length;
  cursor.before = before;
}

function readName(cursor: Cursor, name: string): Problem | undefined {
  if (name === 'system') return unknown('`system` in awk runs a program');
  if (refusedNames.has(name)) return notPlain();
  const next = cursor.program.slice(cursor.at + name.length).trimStart();
  if (name === 'for' && !endsByItself(next)) return unknown('a loop in awk may not end');
  if (keywords.has(name)) {
    if (name === 'print' || name === 'printf') cursor.printing = cursor.parentheses;
    return take(cursor, name, expressionKeywords.has(name) ? 'open' : name);
  }
  if (functions.has(name)) {
    // `length` may stand alone; a `/` after it is read in two ways.
    if (!next.startsWith('(') && (name !== 'length' || next.startsWith('/'))) return notPlain();
    return take(cursor, name, 'name');
  }
  if (next.startsWith('(')) return notPlain();
  return take(cursor, name, 'name');
}

/** `for (x in a)`, or a count to a limit. */
function endsByItself(head: string): boolean {
  const counts =
    /^\(\s*(\w+)\s*=\s*[^;(){}]*;\s*\1\s*(<=?|>=?)\s*(?:\d{1,6}|(NF)(?:\s*[-+]\s*\d)?|length(?:\(\$?\w*\))?|([a-z]\w*))\s*;\s*(?:\1\s*(\+\+|--|\+=\s*[1-9]\d*|-=\s*[1-9]\d*)|(\+\+|--)\s*\1)\s*\)/.exec(
      head,
    );
  if (counts === null) return /^\(\s*\w+\s+in\s+\w+\s*\)/.test(head);
  const [whole, counter = '', comparison = '', fields, limit, after, before] = counts;
  if (comparison.startsWith('<') !== (after ?? before ?? '').startsWith('+') || counter === limit) return false;
  const body = bodyOf(head.slice(whole.length).trimStart());
  // What sets the fields may make more of them.
  if (fields !== undefined && /\$\(|\$0\s*[-+*/%^]?=(?!=)|sub\s*\(/.test(body)) return false;
  return [counter, fields ?? limit ?? counter].every((name) => !isSet(name, body));
}

/** Of the loop; more of the program where its end is not plain. */
function bodyOf(rest: string): string {
  if (rest.includes('/') || /^(?:for|if|else)\b/.test(rest)) return rest;
  const plain = rest.replace(/"(?:[^"\\\n]|\\[^\n])*"/g, '""');
  if (!plain.startsWith('{')) return plain.replace(/[;}\n].*$/s, '');
  let depth = 0;
  for (let at = 0; at < plain.length; at += 1) {
    if (plain.charAt(at) === '{') depth += 1;
    if (plain.charAt(at) === '}') depth -= 1;
    if (depth === 0) return plain.slice(0, at);
  }
  return plain;
}

function isSet(name: string, body: string): boolean {
  return new RegExp(
    `\\b${name}\\s*(?:[-+*/%^]?=(?!=)|\\*\\*=|\\+\\+|--)|(?:\\+\\+|--)\\s*${name}\\b|\\(\\s*${name}\\s+in\\b|\\bsub\\b[^;]*,\\s*${name}\\s*\\)|\\bgsub\\b[^;]*,\\s*${name}\\s*\\)`,
  ).test(body);
}

function readString(cursor: Cursor, rest: string): Problem | undefined {
  const string = /^"(?:[^"\\\n]|\\[^\n])*"/s.exec(rest);
  // A number with that many places would fill the memory.
  if (string && /%[^A-Za-z%]*(?:\d{5}|[*])/.test(string[0])) return notPlain();
  return string ? take(cursor, string[0], 'string') : notPlain();
}

function readSlash(cursor: Cursor, rest: string): Problem | undefined {
  if (cursor.before === 'expression' || cursor.before === '++' || cursor.before === '$') return notPlain();
  if (dividing.has(cursor.before)) {
    // After `)` an `if (…) /re/` would be a regular expression: no second slash, no doubt.
    if (cursor.before === ')' && rest.indexOf('/', 1) >= 0) return notPlain();
    return take(cursor, rest.startsWith('/=') ? '/=' : '/', 'open');
  }
  const expression = /^\/(?:[^/\\\n]|\\[^\n])*\//s.exec(rest);
  if (!expression || rest.startsWith('/=') || leavesBracketOpen(expression[0].slice(1, -1))) return notPlain();
  return take(cursor, expression[0], 'expression');
}

function readOperator(cursor: Cursor, rest: string): Problem | undefined {
  const operator = operators.find((candidate) => rest.startsWith(candidate));
  if (operator === undefined || rest.startsWith('>>')) {
    if (rest.startsWith('|')) return unknown('a pipe in awk runs a program');
    if (rest.startsWith('>')) return { kind: 'writes', because: 'a redirection in awk writes a file' };
    return notPlain();
  }
  switch (operator) {
    case '(':
      cursor.parentheses += 1;
      return take(cursor, operator, 'open');
    case ')':
      cursor.parentheses -= 1;
      if (cursor.parentheses < (cursor.printing ?? 0)) cursor.printing = undefined;
      return take(cursor, operator, ')');
    case ';':
    case '{':
    case '}':
      cursor.printing = undefined;
      return take(cursor, operator, ';');
    case ']':
      return take(cursor, operator, ']');
    case '++':
    case '--':
      return take(cursor, operator, '++');
    case '$':
      return take(cursor, operator, '$');
    case '>':
      if (cursor.printing !== undefined && cursor.parentheses <= cursor.printing) {
        return { kind: 'writes', because: 'a redirection in awk writes a file' };
      }
      return take(cursor, operator, 'open');
    default:
      return take(cursor, operator, 'open');
  }
}

function notPlain(): Problem {
  return unknown('the awk program does more than select, compute and print');
}
