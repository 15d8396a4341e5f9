// Parses the part of POSIX sh that simulated hosts interpret. Pure. What it doesn't know is a ShellSyntaxError, never a guess.

export type Script = { kind: 'list'; items: { command: ShellCommand; joins: ';' | '&&' | '||' }[] };

export type ShellCommand =
  | { kind: 'simple'; assignments: { name: string; value: Word }[]; words: Word[]; redirects: Redirect[] }
  | { kind: 'pipeline'; commands: ShellCommand[]; isNegated: boolean }
  | { kind: 'group'; body: Script; isSubshell: boolean; redirects: Redirect[] }
  | { kind: 'if'; branches: { condition: Script; body: Script }[]; otherwise: Script | null; redirects: Redirect[] }
  | { kind: 'for'; name: string; words: Word[] | null; body: Script; redirects: Redirect[] }
  | { kind: 'while'; isUntil: boolean; condition: Script; body: Script; redirects: Redirect[] }
  | { kind: 'case'; subject: Word; arms: { patterns: Word[]; body: Script }[]; redirects: Redirect[] }
  | { kind: 'function'; name: string; body: ShellCommand };

export type Redirect =
  | { kind: 'file'; descriptor: 0 | 1 | 2; mode: 'read' | 'write' | 'append'; target: Word }
  | { kind: 'duplicate'; descriptor: 1 | 2; of: 1 | 2 };

/** Parts of a word; `isQuoted` parts are neither split nor globbed. */
export type Word = WordPart[];
export type WordPart =
  | { kind: 'text'; text: string; isQuoted: boolean }
  | { kind: 'parameter'; name: string; operator: string; argument: Word; isQuoted: boolean }
  | { kind: 'substitution'; script: Script; isQuoted: boolean }
  | { kind: 'arithmetic'; expression: string; isQuoted: boolean };

export class ShellSyntaxError extends Error {
  override readonly name = 'ShellSyntaxError';
}

const operators = ['&&', '||', ';;', '>>', '<<', '>&', '<&', ';', '&', '|', '(', ')', '<', '>', '\n'];
const reservedEnds = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}']);

export function parseShell(text: string): Script {
  const reader = new Reader(text);
  const script = parseList(reader, new Set());
  if (!reader.isAtEnd())
    throw new ShellSyntaxError(
      `Syntax error: ${JSON.stringify(reader.peekOperator() ?? reader.peekWordText())} unexpected`,
    );
  return script;
}

/** A cursor over the text: blanks, comments, operators and words. */
class Reader {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  skipBlanks(): void {
    for (;;) {
      const rest = this.text.slice(this.position);
      const blank = /^(?:[ \t\r]|\\\n)+/.exec(rest) ?? (/^#[^\n]*/.exec(rest) as RegExpExecArray | null);
      if (!blank) return;
      this.position += blank[0].length;
    }
  }

  isAtEnd(): boolean {
    this.skipBlanks();
    return this.position >= this.text.length;
  }

  peekOperator(): string | null {
    this.skipBlanks();
    return operators.find((operator) => this.text.startsWith(operator, this.position)) ?? null;
  }

  takeOperator(operator: string): boolean {
    if (this.peekOperator() !== operator) return false;
    this.position += operator.length;
    return true;
  }

  /** The next word when it is plain text, without moving. */
  peekWordText(): string {
    this.skipBlanks();
    return /^[^\s;&|()<>'"$`\\]+/.exec(this.text.slice(this.position))?.[0] ?? '';
  }

  takeReserved(name: string): boolean {
    if (this.peekWordText() !== name) return false;
    this.position += name.length;
    return true;
  }

  expectReserved(name: string): void {
    if (!this.takeReserved(name)) throw new ShellSyntaxError(`Syntax error: expecting "${name}"`);
  }

  skipNewlines(): void {
    while (this.takeOperator('\n'));
  }
}

function parseList(reader: Reader, ends: ReadonlySet<string>): Script {
  const items: Script['items'] = [];
  for (;;) {
    while (reader.takeOperator('\n') || (items.length > 0 && reader.takeOperator(';')));
    if (reader.isAtEnd() || ends.has(reader.peekWordText()) || [')', ';;'].includes(reader.peekOperator() ?? '')) break;
    if (reservedEnds.has(reader.peekWordText()))
      throw new ShellSyntaxError(`Syntax error: "${reader.peekWordText()}" unexpected`);
    const command = parsePipeline(reader);
    if (reader.takeOperator('&&')) items.push({ command, joins: '&&' });
    else if (reader.takeOperator('||')) items.push({ command, joins: '||' });
    else {
      if (reader.peekOperator() === '&') throw new ShellSyntaxError('"&" is not interpreted by a simulated host');
      items.push({ command, joins: ';' });
      if (![';', '\n'].includes(reader.peekOperator() ?? '')) break;
      continue;
    }
    reader.skipNewlines();
    if (reader.isAtEnd()) throw new ShellSyntaxError('Syntax error: end of file unexpected');
  }
  return { kind: 'list', items };
}

function parsePipeline(reader: Reader): ShellCommand {
  const isNegated = reader.takeReserved('!');
  const commands = [parseCommand(reader)];
  while (reader.takeOperator('|')) {
    reader.skipNewlines();
    commands.push(parseCommand(reader));
  }
  const [only] = commands;
  return commands.length === 1 && !isNegated && only ? only : { kind: 'pipeline', commands, isNegated };
}

function parseCommand(reader: Reader): ShellCommand {
  if (reader.takeOperator('(')) {
    const body = parseList(reader, new Set());
    if (!reader.takeOperator(')')) throw new ShellSyntaxError('Syntax error: ")" expected');
    return { kind: 'group', body, isSubshell: true, redirects: parseRedirects(reader) };
  }
  switch (reader.peekWordText()) {
    case '{': {
      reader.takeReserved('{');
      const body = parseList(reader, new Set(['}']));
      reader.expectReserved('}');
      return { kind: 'group', body, isSubshell: false, redirects: parseRedirects(reader) };
    }
    case 'if':
      return parseIf(reader);
    case 'for':
      return parseFor(reader);
    case 'while':
    case 'until': {
      const isUntil = reader.takeReserved('until');
      if (!isUntil) reader.takeReserved('while');
      const condition = parseList(reader, new Set(['do']));
      return { kind: 'while', isUntil, condition, body: parseLoopBody(reader), redirects: parseRedirects(reader) };
    }
    case 'case':
      return parseCase(reader);
    default:
      return parseSimple(reader);
  }
}

function parseIf(reader: Reader): ShellCommand {
  const branches: { condition: Script; body: Script }[] = [];
  reader.takeReserved('if');
  do {
    const condition = parseList(reader, new Set(['then']));
    reader.expectReserved('then');
    branches.push({ condition, body: parseList(reader, new Set(['elif', 'else', 'fi'])) });
  } while (reader.takeReserved('elif'));
  const otherwise = reader.takeReserved('else') ? parseList(reader, new Set(['fi'])) : null;
  reader.expectReserved('fi');
  return { kind: 'if', branches, otherwise, redirects: parseRedirects(reader) };
}

function parseFor(reader: Reader): ShellCommand {
  reader.takeReserved('for');
  const name = reader.peekWordText();
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new ShellSyntaxError('Syntax error: Bad for loop variable');
  reader.takeReserved(name);
  reader.skipNewlines();
  let words: Word[] | null = null;
  if (reader.takeReserved('in')) {
    words = [];
    while (!reader.isAtEnd() && reader.peekOperator() === null) words.push(parseWord(reader));
  }
  while (reader.takeOperator(';') || reader.takeOperator('\n'));
  return { kind: 'for', name, words, body: parseLoopBody(reader), redirects: parseRedirects(reader) };
}

function parseLoopBody(reader: Reader): Script {
  reader.expectReserved('do');
  const body = parseList(reader, new Set(['done']));
  reader.expectReserved('done');
  return body;
}

function parseCase(reader: Reader): ShellCommand {
  reader.takeReserved('case');
  reader.skipBlanks();
  const subject = parseWord(reader);
  reader.skipNewlines();
  reader.expectReserved('in');
  const arms: { patterns: Word[]; body: Script }[] = [];
  for (;;) {
    reader.skipNewlines();
    if (reader.takeReserved('esac')) break;
    if (reader.isAtEnd()) throw new ShellSyntaxError('Syntax error: end of file unexpected (expecting "esac")');
    reader.takeOperator('(');
    const patterns: Word[] = [];
    do {
      reader.skipBlanks();
      patterns.push(parseWord(reader));
    } while (reader.takeOperator('|'));
    if (!reader.takeOperator(')')) throw new ShellSyntaxError('Syntax error: ")" expected');
    arms.push({ patterns, body: parseList(reader, new Set(['esac'])) });
    reader.takeOperator(';;');
  }
  return { kind: 'case', subject, arms, redirects: parseRedirects(reader) };
}

function parseSimple(reader: Reader): ShellCommand {
  const definition = /^([A-Za-z_]\w*)\(\)\s*/.exec(reader.text.slice(reader.position));
  if (definition) {
    reader.position += definition[0].length;
    return { kind: 'function', name: definition[1] ?? '', body: parseCommand(reader) };
  }
  const assignments: { name: string; value: Word }[] = [];
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  for (;;) {
    if (reader.isAtEnd()) break;
    const redirect = parseRedirect(reader);
    if (redirect) {
      redirects.push(redirect);
      continue;
    }
    if (reader.peekOperator() !== null) break;
    const assignment = words.length === 0 ? /^([A-Za-z_]\w*)=/.exec(reader.text.slice(reader.position)) : null;
    if (assignment) {
      reader.position += assignment[0].length;
      assignments.push({ name: assignment[1] ?? '', value: parseWord(reader) });
    } else {
      words.push(parseWord(reader));
    }
  }
  if (assignments.length + words.length + redirects.length === 0) {
    throw new ShellSyntaxError(`Syntax error: ${JSON.stringify(reader.peekOperator() ?? 'end of file')} unexpected`);
  }
  return { kind: 'simple', assignments, words, redirects };
}

function parseRedirects(reader: Reader): Redirect[] {
  const redirects: Redirect[] = [];
  for (;;) {
    const redirect = parseRedirect(reader);
    if (!redirect) return redirects;
    redirects.push(redirect);
  }
}

function parseRedirect(reader: Reader): Redirect | null {
  reader.skipBlanks();
  const match = /^([0-2]?)(>>|>&|<&|<<|>|<)/.exec(reader.text.slice(reader.position));
  if (!match) return null;
  const [whole, digit, operator = ''] = match;
  if (operator === '<<' || operator === '<&')
    throw new ShellSyntaxError(`"${operator}" is not interpreted by a simulated host`);
  reader.position += whole.length;
  reader.skipBlanks();
  if (operator === '<') return { kind: 'file', descriptor: 0, mode: 'read', target: parseWord(reader) };
  const descriptor = digit === '2' ? 2 : 1;
  if (operator === '>&') {
    const of = reader.text[reader.position];
    if (of !== '1' && of !== '2') throw new ShellSyntaxError('Only >&1 and >&2 are interpreted by a simulated host');
    reader.position += 1;
    return { kind: 'duplicate', descriptor, of: of === '1' ? 1 : 2 };
  }
  return { kind: 'file', descriptor, mode: operator === '>>' ? 'append' : 'write', target: parseWord(reader) };
}

function parseWord(reader: Reader): Word {
  const parts: Word = [];
  for (;;) {
    const character = reader.text[reader.position];
    if (character === undefined || /[\s;&|()<>]/.test(character)) return parts;
    parts.push(...parseWordPart(reader, character));
  }
}

function parseWordPart(reader: Reader, character: string): Word {
  const { text } = reader;
  switch (character) {
    case "'": {
      const end = text.indexOf("'", reader.position + 1);
      if (end < 0) throw new ShellSyntaxError('Syntax error: Unterminated quoted string');
      const quoted = text.slice(reader.position + 1, end);
      reader.position = end + 1;
      return [{ kind: 'text', text: quoted, isQuoted: true }];
    }
    case '"': {
      reader.position += 1;
      const parts: Word = [{ kind: 'text', text: '', isQuoted: true }];
      while (text[reader.position] !== '"') {
        if (reader.position >= text.length) throw new ShellSyntaxError('Syntax error: Unterminated quoted string');
        parts.push(parseQuotedPart(reader));
      }
      reader.position += 1;
      return parts;
    }
    case '\\': {
      const next = text[reader.position + 1] ?? '';
      reader.position += 2;
      return next === '\n' ? [] : [{ kind: 'text', text: next, isQuoted: true }];
    }
    case '$':
      return [parseDollar(reader, false)];
    case '`':
      throw new ShellSyntaxError('Backquotes are not interpreted by a simulated host; use $( )');
    default: {
      const plain = /^[^\s;&|()<>'"\\$`]+/.exec(text.slice(reader.position))?.[0] ?? character;
      reader.position += plain.length;
      return [{ kind: 'text', text: plain, isQuoted: false }];
    }
  }
}

function parseQuotedPart(reader: Reader): WordPart {
  const { text } = reader;
  const character = text[reader.position] ?? '';
  if (character === '$') return parseDollar(reader, true);
  if (character === '`') throw new ShellSyntaxError('Backquotes are not interpreted by a simulated host; use $( )');
  if (character === '\\') {
    const next = text[reader.position + 1] ?? '';
    reader.position += 2;
    const escaped = /["\\$`]/.test(next) ? next : next === '\n' ? '' : `\\${next}`;
    return { kind: 'text', text: escaped, isQuoted: true };
  }
  const plain = /^[^"\\$`]+/.exec(text.slice(reader.position))?.[0] ?? character;
  reader.position += plain.length;
  return { kind: 'text', text: plain, isQuoted: true };
}

function parseDollar(reader: Reader, isQuoted: boolean): WordPart {
  const { text } = reader;
  const rest = text.slice(reader.position);
  if (rest.startsWith('$((')) {
    const end = rest.indexOf('))');
    if (end < 0) throw new ShellSyntaxError('Syntax error: Missing "))"');
    reader.position += end + 2;
    return { kind: 'arithmetic', expression: rest.slice(3, end), isQuoted };
  }
  if (rest.startsWith('$(')) {
    reader.position += 2;
    const script = parseList(reader, new Set());
    if (!reader.takeOperator(')')) throw new ShellSyntaxError('Syntax error: ")" expected');
    return { kind: 'substitution', script, isQuoted };
  }
  const braced = /^\$\{(#?)([A-Za-z_]\w*|[0-9@*#?$!-])(:?[-+=?]|%%?|##?|)/.exec(rest);
  if (braced) {
    reader.position += braced[0].length;
    const argument: Word = [];
    while (text[reader.position] !== '}') {
      const character = text[reader.position];
      if (character === undefined) throw new ShellSyntaxError('Syntax error: Missing "}"');
      if (character === ' ' || /[;&|()<>]/.test(character)) {
        argument.push({ kind: 'text', text: character, isQuoted: false });
        reader.position += 1;
      } else if (/["'\\$]/.test(character)) {
        argument.push(...parseWordPart(reader, character));
      } else {
        const plain = /^[^}"'\\$ ;&|()<>]+/.exec(text.slice(reader.position))?.[0] ?? character;
        argument.push({ kind: 'text', text: plain, isQuoted: false });
        reader.position += plain.length;
      }
    }
    reader.position += 1;
    const operator = braced[1] === '#' ? 'length' : (braced[3] ?? '');
    return { kind: 'parameter', name: braced[2] ?? '', operator, argument, isQuoted };
  }
  if (rest.startsWith('${')) throw new ShellSyntaxError('Bad substitution');
  const plain = /^\$([A-Za-z_]\w*|[0-9@*#?$!-])/.exec(rest);
  if (plain) {
    reader.position += plain[0].length;
    return { kind: 'parameter', name: plain[1] ?? '', operator: '', argument: [], isQuoted };
  }
  reader.position += 1;
  return { kind: 'text', text: '$', isQuoted };
}
