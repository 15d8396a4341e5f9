// Programs that read and pass on text. Entered by run-shell through programs.ts.
import { isDirectory, listDirectory, readModelFile } from './host-model.ts';
import { notSimulated, type Program, type ProgramCall, parseOptions } from './program.ts';
import { patternToRegExp } from './shell-patterns.ts';

export const textPrograms: Record<string, Program> = {
  cat,
  cut,
  echo,
  grep,
  head,
  printf,
  seq,
  sort,
  tail,
  tr,
  uniq,
  wc,
};

function echo(call: ProgramCall): number {
  const isBare = call.args[0] === '-n';
  call.out(`${call.args.slice(isBare ? 1 : 0).join(' ')}${isBare ? '' : '\n'}`);
  return 0;
}

function cat(call: ProgramCall): number {
  const { operands, unknown } = parseOptions(call.args, [], []);
  if (unknown) return notSimulated(call, unknown);
  return eachInput(call, operands, (text) => call.out(text));
}

function head(call: ProgramCall): number {
  const args = call.args.map((argument) => argument.replace(/^-(\d+)$/, '-n$1'));
  const { values, operands, unknown } = parseOptions(args, [], ['n', 'c', 'lines', 'bytes']);
  if (unknown) return notSimulated(call, unknown);
  const bytes = (values.get('c') ?? values.get('bytes'))?.at(-1);
  const count = Number((values.get('n') ?? values.get('lines'))?.at(-1) ?? 10);
  return eachInput(call, operands, (text) => {
    if (bytes !== undefined) call.out(text.slice(0, Number(bytes)));
    else call.out(joinLines(linesOf(text).slice(0, count < 0 ? count : Math.max(count, 0))));
  });
}

function tail(call: ProgramCall): number {
  const args = call.args.map((argument) => argument.replace(/^-(\d+)$/, '-n$1'));
  const { values, operands, unknown } = parseOptions(args, [], ['n', 'c', 'lines', 'bytes']);
  if (unknown) return notSimulated(call, unknown);
  const bytes = (values.get('c') ?? values.get('bytes'))?.at(-1);
  const count = (values.get('n') ?? values.get('lines'))?.at(-1) ?? '10';
  return eachInput(call, operands, (text) => {
    const lines = linesOf(text);
    if (bytes !== undefined) call.out(text.slice(-Number(bytes)));
    else if (count.startsWith('+')) call.out(joinLines(lines.slice(Number(count) - 1)));
    else call.out(joinLines(Number(count) === 0 ? [] : lines.slice(-Math.abs(Number(count)))));
  });
}

function wc(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['l', 'w', 'c'], []);
  if (unknown) return notSimulated(call, unknown);
  const wanted = flags.size === 0 ? ['l', 'w', 'c'] : ['l', 'w', 'c'].filter((flag) => flags.has(flag));
  return eachInput(call, operands, (text, file) => {
    const counts: Record<string, number> = {
      l: text.split('\n').length - 1,
      w: text.split(/\s+/).filter((word) => word !== '').length,
      c: Buffer.byteLength(text),
    };
    call.out(`${wanted.map((flag) => counts[flag]).join(' ')}${file === null ? '' : ` ${file}`}\n`);
  });
}

function sort(call: ProgramCall): number {
  const { flags, values, operands, unknown } = parseOptions(call.args, ['n', 'r', 'u', 'h'], ['k', 't']);
  if (unknown) return notSimulated(call, unknown);
  const key = /^(\d+)(?:,\d+)?([nr]*)$/.exec(values.get('k')?.[0] ?? '');
  if (values.has('k') && !key) return notSimulated(call, `-k ${values.get('k')}`);
  const separator = values.get('t')?.[0];
  const isNumeric = flags.has('n') || flags.has('h') || (key?.[2] ?? '').includes('n');
  const isReversed = flags.has('r') || (key?.[2] ?? '').includes('r');
  const lines: string[] = [];
  const status = eachInput(call, operands, (text) => lines.push(...linesOf(text)));
  const keyOf = (line: string) => {
    if (!key) return line;
    const fields = separator === undefined ? line.trim().split(/\s+/) : line.split(separator);
    return fields[Number(key[1]) - 1] ?? '';
  };
  const compare = (left: string, right: string) => {
    const [a, b] = [keyOf(left), keyOf(right)];
    const order = isNumeric ? (Number.parseFloat(a) || 0) - (Number.parseFloat(b) || 0) : a < b ? -1 : Number(a > b);
    return (isReversed ? -1 : 1) * (order || (left < right ? -1 : Number(left > right)));
  };
  lines.sort(compare);
  call.out(joinLines(flags.has('u') ? lines.filter((line, at) => at === 0 || line !== lines[at - 1]) : lines));
  return status;
}

function uniq(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['c', 'd', 'u'], []);
  if (unknown) return notSimulated(call, unknown);
  return eachInput(call, operands, (text) => {
    const groups: { line: string; count: number }[] = [];
    for (const line of linesOf(text)) {
      const last = groups.at(-1);
      if (last?.line === line) last.count += 1;
      else groups.push({ line, count: 1 });
    }
    const kept = groups.filter(({ count }) => (!flags.has('d') || count > 1) && (!flags.has('u') || count === 1));
    call.out(
      joinLines(kept.map(({ line, count }) => (flags.has('c') ? `${String(count).padStart(7)} ${line}` : line))),
    );
  });
}

function cut(call: ProgramCall): number {
  const { values, operands, unknown } = parseOptions(call.args, [], ['d', 'f']);
  const ranges = (values.get('f')?.[0] ?? '').split(',').map((range) => /^(\d+)(-?)(\d*)$/.exec(range));
  if (unknown || ranges.some((range) => range === null)) return notSimulated(call, unknown ?? 'this form');
  const separator = values.get('d')?.[0] ?? '\t';
  return eachInput(call, operands, (text) => {
    const cutLine = (line: string) => {
      const fields = line.split(separator);
      if (fields.length === 1) return line;
      const picked = ranges.flatMap((range) => {
        const from = Number(range?.[1]) - 1;
        const to = range?.[2] === '' ? from + 1 : range?.[3] === '' ? fields.length : Number(range?.[3]);
        return fields.slice(from, to);
      });
      return picked.join(separator);
    };
    call.out(joinLines(linesOf(text).map(cutLine)));
  });
}

function tr(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['d', 's'], []);
  const setOf = (text = '') => {
    const plain = text
      .replaceAll('[:upper:]', 'A-Z')
      .replaceAll('[:lower:]', 'a-z')
      .replaceAll('\\n', '\n')
      .replaceAll('\\t', '\t');
    return [
      ...plain.replace(/(.)-(.)/gs, (_, from: string, to: string) => {
        const length = to.charCodeAt(0) - from.charCodeAt(0) + 1;
        return Array.from({ length }, (__, step) => String.fromCharCode(from.charCodeAt(0) + step)).join('');
      }),
    ];
  };
  if (
    unknown ||
    operands.length === 0 ||
    operands.some((operand) => operand.includes('[:') && !/\[:(upper|lower):\]/.test(operand))
  ) {
    return notSimulated(call, unknown ?? 'this form');
  }
  const [from, to] = [setOf(operands[0]), setOf(operands[1])];
  const text = takeInput(call);
  let last = '';
  for (const character of text) {
    const at = from.indexOf(character);
    if (flags.has('d') && at >= 0) continue;
    const mapped = at >= 0 && to.length > 0 ? (to[Math.min(at, to.length - 1)] ?? character) : character;
    if (flags.has('s') && mapped === last && (to.length > 0 ? to : from).includes(mapped)) continue;
    last = mapped;
    call.out(mapped);
  }
  return 0;
}

function seq(call: ProgramCall): number {
  const [first = 1, last = first] = call.args.length === 1 ? [1, Number(call.args[0])] : call.args.map(Number);
  if (!Number.isInteger(first) || !Number.isInteger(last) || last - first > 1_000_000)
    return notSimulated(call, call.args.join(' '));
  for (let value = first; value <= last; value += 1) call.out(`${value}\n`);
  return 0;
}

function printf(call: ProgramCall): number {
  const [format = '', ...args] = call.args;
  const rest = [...args];
  do {
    const before = rest.length;
    const text = unescapeText(format).replace(
      /%(-?)(\d*)([sdbc%])/g,
      (_, left: string, width: string, kind: string) => {
        if (kind === '%') return '%';
        const value = rest.shift() ?? (kind === 'd' ? '0' : '');
        const shown = kind === 'b' ? unescapeBytes(value) : kind === 'c' ? value.slice(0, 1) : value;
        return left ? shown.padEnd(Number(width)) : shown.padStart(Number(width));
      },
    );
    call.out(text);
    if (rest.length === before) break;
  } while (rest.length > 0);
  return 0;
}

/** `\0ooo` are bytes, which together may be UTF-8. */
function unescapeBytes(text: string): string {
  const latin1 = Buffer.from(text, 'utf8').toString('latin1');
  const bytes = latin1.replace(/\\0([0-7]{1,3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8) & 0xff),
  );
  return unescapeText(Buffer.from(bytes, 'latin1').toString('utf8'));
}

function unescapeText(text: string): string {
  const plain: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', '\\': '\\' };
  return text.replace(
    /\\([ntra\\]|[0-7]{1,3})/g,
    (_, code: string) => plain[code] ?? String.fromCharCode(Number.parseInt(code, 8) & 0xff),
  );
}

function grep(call: ProgramCall): number {
  const { flags, values, operands, unknown } = parseOptions(
    call.args,
    ['E', 'F', 'H', 'R', 'a', 'c', 'h', 'i', 'l', 'n', 'o', 'q', 'r', 's', 'v', 'w', 'x', 'z'],
    ['e', 'm', 'include', 'exclude', 'exclude-dir'],
  );
  if (unknown) return notSimulated(call, unknown);
  const patterns = (values.get('e') ?? [operands.shift() ?? '']).map((pattern) => grepSource(pattern, flags));
  const around = flags.has('x') ? ['^(?:', ')$'] : flags.has('w') ? ['\\b(?:', ')\\b'] : ['(?:', ')'];
  let matcher: RegExp;
  try {
    matcher = new RegExp(
      `${around[0]}${patterns.join('|')}${around[1]}`,
      `g${flags.has('i') ? 'i' : ''}${flags.has('z') ? '' : 'm'}`,
    );
  } catch {
    return notSimulated(call, 'this pattern');
  }
  const separator = flags.has('z') ? '\0' : '\n';
  const limit = Number(values.get('m')?.[0] ?? Number.POSITIVE_INFINITY);
  let hasMatch = false;
  const search = (text: string, file: string | null, showsFile: boolean) => {
    const records = text.split(separator);
    if (records.at(-1) === '') records.pop();
    const prefix = showsFile ? `${file ?? '(standard input)'}:` : '';
    let count = 0;
    for (const [index, record] of records.entries()) {
      if (count >= limit) break;
      const matches = [...record.matchAll(matcher)].map(([match]) => match);
      if (matches.length > 0 === flags.has('v')) continue;
      count += 1;
      hasMatch = true;
      if (flags.has('q') || flags.has('l') || flags.has('c')) continue;
      const place = flags.has('n') ? `${prefix}${index + 1}:` : prefix;
      for (const shown of flags.has('o') ? matches.filter((match) => match !== '') : [record])
        call.out(`${place}${shown}${separator}`);
    }
    if (flags.has('c')) call.out(`${prefix}${count}\n`);
    else if (flags.has('l') && count > 0) call.out(`${file}\n`);
  };
  const isRecursive = flags.has('r') || flags.has('R');
  if (operands.length === 0 && !isRecursive) {
    search(takeInput(call), null, flags.has('H'));
    return hasMatch ? 0 : 1;
  }
  let hasError = false;
  const files: { path: string; isNamed: boolean }[] = [];
  for (const operand of operands.length > 0 ? operands : ['.']) {
    const path = call.resolve(operand);
    if (!isDirectory(call.host, path)) files.push({ path, isNamed: true });
    else if (isRecursive) files.push(...filesBelow(call, path, values).map((file) => ({ path: file, isNamed: false })));
    else call.err(`grep: ${operand}: Is a directory\n`);
  }
  const showsFile = !flags.has('h') && (flags.has('H') || isRecursive || files.length > 1);
  for (const { path } of files) {
    const text = readModelFile(call.host, path);
    if (typeof text === 'string') search(text, path, showsFile);
    else {
      hasError = true;
      if (!flags.has('s')) call.err(`grep: ${path}: No such file or directory\n`);
    }
  }
  if (hasMatch && flags.has('q')) return 0;
  return hasError ? 2 : hasMatch ? 0 : 1;
}

function filesBelow(call: ProgramCall, directory: string, values: ReadonlyMap<string, string[]>): string[] {
  const matches = (name: string, patterns: string[] | undefined) =>
    patterns?.some((pattern) => patternToRegExp(pattern).test(name));
  return listDirectory(call.host, directory).flatMap((name) => {
    const path = call.resolve(`${directory}/${name}`);
    if (isDirectory(call.host, path))
      return matches(name, values.get('exclude-dir')) ? [] : filesBelow(call, path, values);
    if (values.has('include') && !matches(name, values.get('include'))) return [];
    return matches(name, values.get('exclude')) ? [] : [path];
  });
}

/** A basic, extended or fixed pattern as the source of a JavaScript one. */
function grepSource(pattern: string, flags: ReadonlySet<string>): string {
  if (flags.has('F')) return pattern.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const classes = pattern
    .replaceAll('[[:space:]]', '\\s')
    .replaceAll('[:space:]', '\\s')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:alpha:]', 'A-Za-z')
    .replaceAll('[:alnum:]', 'A-Za-z0-9');
  if (flags.has('E')) return classes;
  // Basic: what is special needs a backslash, what has one is special.
  return classes.replace(
    /\\([+?{}()|])|([+?{}()|])/g,
    (_, special: string | undefined, plain: string) => special ?? `\\${plain}`,
  );
}

function eachInput(call: ProgramCall, operands: string[], act: (text: string, file: string | null) => void): number {
  if (operands.length === 0) {
    act(takeInput(call), null);
    return 0;
  }
  let status = 0;
  for (const operand of operands) {
    const text = operand === '-' ? takeInput(call) : readModelFile(call.host, call.resolve(operand));
    if (typeof text === 'string') act(text, operand);
    else {
      call.err(`${call.name}: ${operand}: ${text === null ? 'Is a directory' : 'No such file or directory'}\n`);
      status = 1;
    }
  }
  return status;
}

function takeInput(call: ProgramCall): string {
  const { text } = call.input;
  call.input.text = '';
  return text;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function joinLines(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
