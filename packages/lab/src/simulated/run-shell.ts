// Interprets shell text on a simulated host. Entered by serve-simulated-host, once a command. Changes only the host's model.
import { type HostModel, listDirectory, readModelFile, writeFile } from './host-model.ts';
import { programs } from './programs.ts';
import { patternToRegExp } from './shell-patterns.ts';
import {
  parseShell,
  type Redirect,
  type Script,
  type ShellCommand,
  ShellSyntaxError,
  type Word,
} from './shell-syntax.ts';

export interface ShellInput {
  /** What is left to read. */
  text: string;
}

export interface ShellStreams {
  input: ShellInput;
  out: (text: string) => void;
  err: (text: string) => void;
}

export interface Shell {
  host: HostModel;
  pid: number;
  variables: Map<string, string>;
  exported: Set<string>;
  functions: Map<string, ShellCommand>;
  /** $1, $2, … */
  parameters: string[];
  directory: string;
  lastStatus: number;
  /** Fires when the command is killed. */
  signal: AbortSignal;
}

/** `exit` and `exec` leave the shell, `return` a function. */
class Leave extends Error {
  readonly from: 'shell' | 'function';
  readonly status: number;
  constructor(from: 'shell' | 'function', status: number) {
    super(from);
    this.from = from;
    this.status = status;
  }
}

const depthMax = 60;
const roundsMax = 100_000;

/** Returns the exit status. Rejects only when `shell.signal` fires. */
export async function runShell(text: string, shell: Shell, streams: ShellStreams, depth = 0): Promise<number> {
  if (depth > depthMax) {
    streams.err('sh: too many nested shells\n');
    return 2;
  }
  try {
    return await runScript(parseShell(text), shell, streams, depth);
  } catch (error) {
    if (error instanceof ShellSyntaxError) {
      streams.err(`sh: 1: ${error.message}\n`);
      return 2;
    }
    if (error instanceof Leave) return error.status;
    throw error;
  }
}

async function runScript(script: Script, shell: Shell, streams: ShellStreams, depth: number): Promise<number> {
  let skipWhile: '&&' | '||' | null = null;
  for (const { command, joins } of script.items) {
    const isSkipped = skipWhile !== null && (skipWhile === '&&' ? shell.lastStatus !== 0 : shell.lastStatus === 0);
    if (!isSkipped) {
      shell.signal.throwIfAborted();
      shell.lastStatus = await runCommand(command, shell, streams, depth);
    }
    skipWhile = joins === ';' ? null : joins;
  }
  return shell.lastStatus;
}

async function runCommand(command: ShellCommand, shell: Shell, streams: ShellStreams, depth: number): Promise<number> {
  switch (command.kind) {
    case 'simple':
      return await runSimple(command, shell, streams, depth);
    case 'pipeline': {
      let input = streams.input;
      let status = 0;
      for (const [index, part] of command.commands.entries()) {
        const isLast = index === command.commands.length - 1;
        let passed = '';
        const out = isLast
          ? streams.out
          : (text: string) => {
              passed += text;
            };
        status = await runApart(
          part,
          command.commands.length > 1 ? copyOf(shell) : shell,
          { ...streams, input, out },
          depth,
        );
        input = { text: passed };
      }
      return command.isNegated ? Number(status === 0) : status;
    }
    case 'function':
      shell.functions.set(command.name, command.body);
      return 0;
    case 'group':
      return await withRedirects(command.redirects, shell, streams, depth, async (inner) => {
        if (!command.isSubshell) return await runScript(command.body, shell, inner, depth);
        const part: ShellCommand = { ...command, isSubshell: false, redirects: [] };
        return await runApart(part, copyOf(shell), inner, depth);
      });
    case 'if':
      return await withRedirects(command.redirects, shell, streams, depth, async (inner) => {
        for (const { condition, body } of command.branches) {
          if ((await runScript(condition, shell, inner, depth)) === 0)
            return await runScript(body, shell, inner, depth);
        }
        shell.lastStatus = 0;
        return command.otherwise ? await runScript(command.otherwise, shell, inner, depth) : 0;
      });
    case 'for':
      return await withRedirects(command.redirects, shell, streams, depth, async (inner) => {
        let status = 0;
        const values = command.words ? await expandWords(command.words, shell, inner, depth) : shell.parameters;
        for (const value of [...values]) {
          shell.variables.set(command.name, value);
          status = await runScript(command.body, shell, inner, depth);
        }
        return status;
      });
    case 'while':
      return await withRedirects(command.redirects, shell, streams, depth, async (inner) => {
        let status = 0;
        for (let round = 0; round < roundsMax; round += 1) {
          shell.signal.throwIfAborted();
          const isTrue = (await runScript(command.condition, shell, inner, depth)) === 0;
          if (isTrue === command.isUntil) return status;
          status = await runScript(command.body, shell, inner, depth);
          // A loop that never waits must not hold up the other hosts of this process.
          if (round % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
        }
        inner.err(`sh: a simulated host ends a loop after ${roundsMax} rounds\n`);
        return 2;
      });
    case 'case':
      return await withRedirects(command.redirects, shell, streams, depth, async (inner) => {
        const subject = await expandToText(command.subject, shell, inner, depth);
        for (const { patterns, body } of command.arms) {
          for (const pattern of patterns) {
            const matcher = patternToRegExp(await expandToPattern(pattern, shell, inner, depth));
            if (matcher.test(subject)) return await runScript(body, shell, inner, depth);
          }
        }
        return 0;
      });
    default:
      return command satisfies never;
  }
}

/** What leaves here leaves only the part: a subshell, or one end of a pipe. */
async function runApart(command: ShellCommand, shell: Shell, streams: ShellStreams, depth: number): Promise<number> {
  try {
    return await runCommand(command, shell, streams, depth);
  } catch (error) {
    if (error instanceof Leave) return error.status;
    throw error;
  }
}

async function runSimple(
  command: Extract<ShellCommand, { kind: 'simple' }>,
  shell: Shell,
  streams: ShellStreams,
  depth: number,
): Promise<number> {
  const words = await expandWords(command.words, shell, streams, depth);
  const assigned: [string, string][] = [];
  for (const { name, value } of command.assignments)
    assigned.push([name, await expandToText(value, shell, streams, depth)]);
  return await withRedirects(command.redirects, shell, streams, depth, async (inner) => {
    if (words.length === 0) {
      for (const [name, value] of assigned) shell.variables.set(name, value);
      return command.words.length === 0 && assigned.length === 0 ? 0 : shell.lastStatus;
    }
    const isExec = words[0] === 'exec';
    if (isExec && words.length === 1) return 0;
    const target = assigned.length === 0 ? shell : copyOf(shell);
    for (const [name, value] of assigned) {
      target.variables.set(name, value);
      target.exported.add(name);
    }
    const status = await runWords(isExec ? words.slice(1) : words, target, inner, depth);
    if (isExec) throw new Leave('shell', status);
    return status;
  });
}

/** A built-in, a function, or a program. */
async function runWords(words: string[], shell: Shell, streams: ShellStreams, depth: number): Promise<number> {
  shell.signal.throwIfAborted();
  const [name = '', ...args] = words;
  const body = shell.functions.get(name);
  if (body) {
    const outer = shell.parameters;
    shell.parameters = args;
    try {
      return await runCommand(body, shell, streams, depth + 1);
    } catch (error) {
      if (error instanceof Leave && error.from === 'function') return error.status;
      throw error;
    } finally {
      shell.parameters = outer;
    }
  }
  switch (name) {
    case ':':
      return 0;
    case 'exit':
    case 'return':
      throw new Leave(
        name === 'exit' ? 'shell' : 'function',
        args[0] === undefined ? shell.lastStatus : Number(args[0]) & 0xff,
      );
    case 'eval':
      return await runScript(parseShell(args.join(' ')), shell, streams, depth + 1);
    case 'cd':
      shell.directory = resolvePath(shell.directory, args[0] ?? '/root');
      return 0;
    case 'set':
      if (args[0] === '--') shell.parameters = args.slice(1);
      return 0;
    case 'shift':
      shell.parameters = shell.parameters.slice(Number(args[0] ?? 1));
      return 0;
    case 'unset':
      for (const variable of args) shell.variables.delete(variable);
      return 0;
    case 'export':
    case 'local':
    case 'readonly':
      for (const argument of args) {
        const [variable = '', value] = splitOnce(argument, '=');
        if (value !== undefined) shell.variables.set(variable, value);
        if (name === 'export') shell.exported.add(variable);
      }
      return 0;
    case 'read': {
      const variables = args.filter((argument) => !argument.startsWith('-'));
      if (streams.input.text === '') return 1;
      const [line = '', rest = ''] = splitOnce(streams.input.text, '\n');
      streams.input.text = rest;
      const fields = line.trim().split(/\s+/);
      for (const [index, variable] of variables.entries()) {
        shell.variables.set(
          variable,
          index === variables.length - 1 ? fields.slice(index).join(' ') : (fields[index] ?? ''),
        );
      }
      return 0;
    }
    case 'command':
      if (args[0] !== '-v') return await runWords(args, shell, streams, depth);
      if (!(args[1] !== undefined && (programs.has(args[1]) || shell.functions.has(args[1])))) return 127;
      streams.out(`/usr/bin/${args[1]}\n`);
      return 0;
    case 'wait':
    case 'trap':
    case 'umask':
      return 0;
    default:
      return await runProgram(words, shell, streams, depth);
  }
}

async function runProgram(words: string[], shell: Shell, streams: ShellStreams, depth: number): Promise<number> {
  const [path = '', ...args] = words;
  const name = /^(?:\/usr)?\/s?bin\/([^/]+)$/.exec(path)?.[1] ?? path;
  const program = programs.get(name);
  if (!program) {
    streams.err(`sh: 1: ${path}: not found\n`);
    return 127;
  }
  return await program({
    name,
    args,
    host: shell.host,
    pid: shell.pid,
    directory: shell.directory,
    variables: new Map([...shell.variables].filter(([variable]) => shell.exported.has(variable))),
    input: streams.input,
    out: streams.out,
    err: streams.err,
    signal: shell.signal,
    resolve: (file) => resolvePath(shell.directory, file),
    runWords: (inner, variables) => runProgramLike(inner, shell, variables, streams, depth + 1),
    runScript: (text, parameters) =>
      runShell(text, { ...copyOf(shell), functions: new Map(), parameters }, streams, depth + 1),
  });
}

/** As env, nice and timeout run what follows them: a program, never a built-in or a function. */
async function runProgramLike(
  words: string[],
  shell: Shell,
  variables: Map<string, string> | undefined,
  streams: ShellStreams,
  depth: number,
): Promise<number> {
  const inner = copyOf(shell);
  if (variables) {
    inner.variables = new Map(variables);
    inner.exported = new Set(variables.keys());
  }
  return await runProgram(words, inner, streams, depth);
}

function copyOf(shell: Shell): Shell {
  return {
    ...shell,
    variables: new Map(shell.variables),
    exported: new Set(shell.exported),
    functions: new Map(shell.functions),
  };
}

async function withRedirects(
  redirects: Redirect[],
  shell: Shell,
  streams: ShellStreams,
  depth: number,
  act: (streams: ShellStreams) => Promise<number>,
): Promise<number> {
  const inner = { ...streams };
  const writes: { path: string; mode: 'write' | 'append'; text: string }[] = [];
  for (const redirect of redirects) {
    if (redirect.kind === 'duplicate') {
      const to = redirect.of === 1 ? inner.out : inner.err;
      if (redirect.descriptor === 1) inner.out = to;
      else inner.err = to;
      continue;
    }
    const path = resolvePath(shell.directory, await expandToText(redirect.target, shell, streams, depth));
    if (redirect.mode === 'read') {
      const content = readModelFile(shell.host, path);
      if (typeof content !== 'string') {
        streams.err(`sh: 1: cannot open ${path}: No such file\n`);
        return 2;
      }
      inner.input = { text: content };
      continue;
    }
    const write = { path, mode: redirect.mode, text: '' };
    if (path !== '/dev/null') {
      const kept = redirect.mode === 'append' ? (shell.host.files.get(path) ?? '') : '';
      const refusal = writeFile(shell.host, path, kept);
      if (refusal) {
        streams.err(`sh: 1: cannot create ${path}: ${refusal}\n`);
        return 2;
      }
      write.text = kept;
      writes.push(write);
    }
    const collect = (text: string) => {
      write.text += text;
    };
    if (redirect.descriptor === 2) inner.err = collect;
    else inner.out = collect;
  }
  const status = await act(inner);
  for (const { path, text } of writes) {
    const refusal = writeFile(shell.host, path, text);
    if (refusal === null) continue;
    streams.err(`sh: write error: ${refusal}\n`);
    return 1;
  }
  return status;
}

/** Expansion with field splitting and globbing. */
async function expandWords(words: Word[], shell: Shell, streams: ShellStreams, depth: number): Promise<string[]> {
  const result: string[] = [];
  for (const word of words) {
    let current: { text: string; pattern: string; hasGlob: boolean } | null = null;
    const fields: { text: string; pattern: string; hasGlob: boolean }[] = [];
    const append = (text: string, isQuoted: boolean) => {
      current ??= { text: '', pattern: '', hasGlob: false };
      current.text += text;
      current.pattern += isQuoted ? text.replace(/[\\*?[]/g, '\\$&') : text;
      current.hasGlob ||= !isQuoted && /[*?[]/.test(text);
    };
    const finish = () => {
      if (current) fields.push(current);
      current = null;
    };
    for (const part of word) {
      if (part.kind === 'text') {
        append(part.text, part.isQuoted);
      } else if (part.kind === 'parameter' && part.name === '@' && part.operator === '') {
        for (const [index, value] of shell.parameters.entries()) {
          if (index > 0) finish();
          append(value, part.isQuoted);
        }
        // "$@" of nothing is nothing, even quoted.
        if (
          shell.parameters.length === 0 &&
          word.every((one) => one === part || (one.kind === 'text' && one.text === ''))
        )
          current = null;
      } else {
        const value = await expandPart(part, shell, streams, depth);
        if (part.isQuoted) append(value, true);
        else {
          for (const [index, piece] of value.split(/[ \t\n]+/).entries()) {
            if (index > 0) finish();
            if (piece !== '') append(piece, false);
          }
        }
      }
    }
    finish();
    for (const field of fields) {
      const matches = field.hasGlob ? glob(shell, field.pattern) : [];
      result.push(...(matches.length > 0 ? matches : [field.text]));
    }
  }
  return result;
}

async function expandToText(word: Word, shell: Shell, streams: ShellStreams, depth: number): Promise<string> {
  let text = '';
  for (const part of word) text += part.kind === 'text' ? part.text : await expandPart(part, shell, streams, depth);
  return text;
}

async function expandToPattern(word: Word, shell: Shell, streams: ShellStreams, depth: number): Promise<string> {
  let text = '';
  for (const part of word) {
    const value = part.kind === 'text' ? part.text : await expandPart(part, shell, streams, depth);
    text += part.isQuoted ? value.replace(/[\\*?[]/g, '\\$&') : value;
  }
  return text;
}

async function expandPart(
  part: Exclude<Word[number], { kind: 'text' }>,
  shell: Shell,
  streams: ShellStreams,
  depth: number,
): Promise<string> {
  switch (part.kind) {
    case 'substitution': {
      let text = '';
      const inner: ShellStreams = {
        ...streams,
        out: (more) => {
          text += more;
        },
      };
      const group: ShellCommand = { kind: 'group', body: part.script, isSubshell: false, redirects: [] };
      shell.lastStatus = await runApart(group, copyOf(shell), inner, depth + 1);
      return text.replace(/\n+$/, '');
    }
    case 'arithmetic':
      return String(evaluateArithmetic(part.expression, shell));
    case 'parameter':
      return await expandParameter(part, shell, streams, depth);
    default:
      return part satisfies never;
  }
}

async function expandParameter(
  part: Extract<Word[number], { kind: 'parameter' }>,
  shell: Shell,
  streams: ShellStreams,
  depth: number,
): Promise<string> {
  const value = parameterValue(part.name, shell);
  const argument = () => expandToText(part.argument, shell, streams, depth);
  const isMissing = value === undefined || (part.operator.startsWith(':') && value === '');
  switch (part.operator.replace(':', '')) {
    case '-':
      return isMissing ? await argument() : value;
    case '+':
      return isMissing ? '' : await argument();
    case '=': {
      if (!isMissing) return value;
      const assigned = await argument();
      shell.variables.set(part.name, assigned);
      return assigned;
    }
    case '?':
      if (!isMissing) return value;
      throw new ShellSyntaxError(`${part.name}: ${(await argument()) || 'parameter not set'}`);
    case 'length':
      return String((value ?? '').length);
    case '%':
    case '%%':
    case '#':
    case '##': {
      const pattern = patternToRegExp(await expandToPattern(part.argument, shell, streams, depth));
      return cut(value ?? '', pattern, part.operator);
    }
    default:
      return value ?? '';
  }
}

function cut(value: string, pattern: RegExp, operator: string): string {
  const lengths = Array.from({ length: value.length + 1 }, (_, length) => length);
  if (operator.length === 2) lengths.reverse();
  const isFront = operator.startsWith('#');
  const length = lengths.find((one) => pattern.test(isFront ? value.slice(0, one) : value.slice(value.length - one)));
  if (length === undefined) return value;
  return isFront ? value.slice(length) : value.slice(0, value.length - length);
}

function parameterValue(name: string, shell: Shell): string | undefined {
  switch (name) {
    case '$':
      return String(shell.pid);
    case '?':
      return String(shell.lastStatus);
    case '#':
      return String(shell.parameters.length);
    case '@':
    case '*':
      return shell.parameters.join(' ');
    case '0':
      return 'sh';
    case '-':
      return '';
    default:
      return /^\d$/.test(name) ? shell.parameters[Number(name) - 1] : shell.variables.get(name);
  }
}

/** Whole numbers, + - * / % and parentheses. */
function evaluateArithmetic(expression: string, shell: Shell): number {
  const text = expression
    .replace(/\$?([A-Za-z_]\w*)/g, (_, name: string) => shell.variables.get(name) || '0')
    .replace(/\s+/g, '');
  let at = 0;
  const atom = (): number => {
    if (text[at] === '(') {
      at += 1;
      const value = sum();
      at += 1;
      return value;
    }
    const number = /^-?\d+/.exec(text.slice(at))?.[0];
    if (number === undefined) throw new ShellSyntaxError(`arithmetic expression is not interpreted: "${expression}"`);
    at += number.length;
    return Number(number);
  };
  const product = (): number => {
    let value = atom();
    while (/[*/%]/.test(text[at] ?? '')) {
      const operator = text[at++];
      const right = atom();
      if (operator !== '*' && right === 0) throw new ShellSyntaxError('arithmetic expression: division by zero');
      value = operator === '*' ? value * right : operator === '/' ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (/[+-]/.test(text[at] ?? '')) value = text[at++] === '+' ? value + product() : value - product();
    return value;
  };
  const value = sum();
  if (at < text.length) throw new ShellSyntaxError(`arithmetic expression is not interpreted: "${expression}"`);
  return value;
}

function glob(shell: Shell, pattern: string): string[] {
  const isAbsolute = pattern.startsWith('/');
  let found = [isAbsolute ? '/' : shell.directory];
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    const matcher = patternToRegExp(part);
    found = found.flatMap((directory) =>
      listDirectory(shell.host, directory)
        .filter((name) => matcher.test(name) && (!name.startsWith('.') || part.startsWith('.')))
        .map((name) => resolvePath(directory, name)),
    );
  }
  const prefix = shell.directory === '/' ? '/' : `${shell.directory}/`;
  return isAbsolute ? found : found.map((path) => path.slice(prefix.length));
}

function resolvePath(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
