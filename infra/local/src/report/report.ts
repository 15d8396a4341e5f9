// What the person at the terminal reads: steps with their durations, warnings, and each process's lines with its name.
// Writes through the function it is given.
import { renderLine } from './render-line.ts';
import type { Style } from './style.ts';

export type Report = {
  /** A finished step: a tick, what, how long. */
  done(title: string, startedAtMs: number): void;
  /** A step that takes a while, when it begins. */
  begin(title: string): void;
  warn(sentence: string): void;
  /** Lines as they are. */
  say(...lines: string[]): void;
  /** One line that a process wrote. */
  output(name: string, line: string): void;
};

/** `json`: processes' lines pass unchanged, for machines. */
export function createReport(options: { write: (text: string) => void; style: Style; json: boolean }): Report {
  const { write, style, json } = options;
  return {
    done(title, startedAtMs) {
      const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
      write(`${style.green('✔')} ${title} ${style.dim(`${seconds} s`)}\n`);
    },
    begin: (title) => write(`${style.dim('…')} ${title}\n`),
    warn: (sentence) => write(`${style.yellow('!')} ${sentence}\n`),
    say: (...lines) => write(`${lines.join('\n')}\n`),
    output(name, line) {
      const shown = json ? line : renderLine(name, line, style);
      if (shown !== null) write(`${shown}\n`);
    },
  };
}

/** For tests and programs that keep the lines to themselves. */
export function silentReport(onLine: (line: string) => void = () => undefined): Report {
  return {
    done: (title) => onLine(`done: ${title}`),
    begin: (title) => onLine(`begin: ${title}`),
    warn: (sentence) => onLine(`warn: ${sentence}`),
    say: (...lines) => lines.forEach(onLine),
    output: (name, line) => onLine(`${name}: ${line}`),
  };
}
