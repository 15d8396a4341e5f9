// What a program of a simulated host is given and gives back. Types only.
import type { HostModel } from './host-model.ts';

export interface ProgramCall {
  name: string;
  args: string[];
  host: HostModel;
  pid: number;
  directory: string;
  /** The exported ones. */
  variables: ReadonlyMap<string, string>;
  /** Reading takes from it. */
  input: { text: string };
  out: (text: string) => void;
  err: (text: string) => void;
  /** Fires when the command is killed. */
  signal: AbortSignal;
  resolve: (path: string) => string;
  runWords: (words: string[], variables?: Map<string, string>) => Promise<number>;
  runScript: (text: string, parameters: string[]) => Promise<number>;
}

/** Returns the exit status. */
export type Program = (call: ProgramCall) => number | Promise<number>;

/** An option or form that the simulated program doesn't know: said on stderr, status 2. Never answered by a guess. */
export function notSimulated(call: ProgramCall, what: string): number {
  call.err(`${call.name}: ${what}: not known to this simulated host\n`);
  return 2;
}

export interface ParsedOptions {
  flags: Set<string>;
  values: Map<string, string[]>;
  operands: string[];
  unknown: string | null;
}

/** GNU style: `-ab`, `-n 5`, `-n5`, `--name`, `--name=value`, `--`. */
export function parseOptions(args: string[], flags: string[], valued: string[]): ParsedOptions {
  const result: ParsedOptions = { flags: new Set(), values: new Map(), operands: [], unknown: null };
  const addValue = (name: string, value: string) =>
    result.values.set(name, [...(result.values.get(name) ?? []), value]);
  const rest = [...args];
  while (rest.length > 0) {
    const argument = rest.shift() ?? '';
    if (argument === '--') {
      result.operands.push(...rest);
      break;
    }
    const long = /^--([a-z-]+)(?:=(.*))?$/s.exec(argument);
    if (long) {
      const [, name = '', value] = long;
      if (value !== undefined && valued.includes(name)) addValue(name, value);
      else if (value === undefined && flags.includes(name)) result.flags.add(name);
      else if (value === undefined && valued.includes(name)) addValue(name, rest.shift() ?? '');
      else result.unknown ??= argument;
    } else if (/^-./.test(argument)) {
      for (let at = 1; at < argument.length; at += 1) {
        const letter = argument[at] ?? '';
        if (flags.includes(letter)) result.flags.add(letter);
        else if (valued.includes(letter)) {
          addValue(letter, argument.slice(at + 1) || (rest.shift() ?? ''));
          break;
        } else result.unknown ??= `-${letter}`;
      }
    } else result.operands.push(argument);
  }
  return result;
}

/** Columns as wide as their widest cell, one blank between; `right` names the right-aligned ones. */
export function formatTable(rows: string[][], right: ReadonlySet<number>): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows
    .map((row) => {
      const cells = row.map((cell, at) =>
        right.has(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      );
      return `${cells.join(' ').trimEnd()}\n`;
    })
    .join('');
}
