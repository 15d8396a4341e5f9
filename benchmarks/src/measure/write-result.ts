// Writes what a benchmark found to results/<name>.md: how it was run, on what, and the table. Prints the same.
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

export interface Result {
  readonly name: string;
  readonly title: string;
  /** What follows `pnpm benchmarks`. */
  readonly command: string;
  /** What was measured, in sentences. */
  readonly about: readonly string[];
  readonly loadBefore: string;
  readonly tables: ReadonlyArray<{
    heading: string;
    columns: readonly string[];
    rows: ReadonlyArray<readonly string[]>;
  }>;
  readonly notes: readonly string[];
}

export const resultsDirectory = path.resolve(import.meta.dirname, '..', '..', 'results');
/** What people write beside the figures (why a target was missed) stands below this line and is kept. */
const ownWords = '<!-- Below this line people write; a new run keeps it. -->';

export function loadAverage(): string {
  return os
    .loadavg()
    .map((load) => load.toFixed(2))
    .join(' ');
}

let isPrintedOnly = false;

/** What a profiled run takes is not its figure. */
export function printResultsOnly(): void {
  isPrintedOnly = true;
}

export async function writeResult(result: Result): Promise<void> {
  console.log(render(result));
  if (isPrintedOnly) return;
  const file = path.join(resultsDirectory, `${result.name}.md`);
  await mkdir(resultsDirectory, { recursive: true });
  const text = [render(result), ownWords, ...keptWords(file)].join('\n');
  await writeFile(file, `${text.trimEnd()}\n`);
}

function render(result: Result): string {
  const { name, title, command, about, tables, notes, loadBefore } = result;
  const memoryGib = (os.totalmem() / 2 ** 30).toFixed(0);
  return [
    `# ${title}`,
    '',
    ...about,
    '',
    `- Command: \`pnpm benchmarks ${command}\``,
    `- Machine: ${os.cpus().length} cores (${os.cpus()[0]?.model.trim() ?? 'unknown'}), ${memoryGib} GiB, ${os.type()} ${os.release()}, Node ${process.version}`,
    `- Load average before: ${loadBefore}; after: ${loadAverage()}`,
    `- Written: ${new Date().toISOString().slice(0, 16)}Z by \`${name}\``,
    '',
    ...tables.flatMap(({ heading, columns, rows }) => [
      `## ${heading}`,
      '',
      line(columns),
      line(columns.map(() => '---')),
      ...rows.map(line),
      '',
    ]),
    ...notes.flatMap((note) => [`- ${note}`]),
    '',
  ].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function keptWords(file: string): string[] {
  try {
    const text = readFileSync(file, 'utf8');
    const at = text.indexOf(ownWords);
    return at === -1 ? [] : ['', text.slice(at + ownWords.length).trimStart()];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
