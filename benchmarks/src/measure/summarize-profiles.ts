// What the CPU profiles of a benchmark's processes say, as tables: whose code each process spent its time in. Entered once they have all
// ended. Reads the directory of profiles, writes results/<name>-profile.md. What came before the measuring is left out: starts, warming up.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { resultsDirectory } from './write-result.ts';

interface Profile {
  /** Microseconds of the clock that `process.hrtime` reads. */
  startTime: number;
  nodes: Array<{
    id: number;
    children?: number[];
    callFrame: { functionName: string; url: string; lineNumber: number };
  }>;
  samples: number[];
  timeDeltas: number[];
}

/** Milliseconds, busy only, by what the code belongs to and by function. */
interface Summary {
  process: string;
  busyMs: number;
  byOwner: Map<string, number>;
  byFunction: Map<string, number>;
}

const ownersShown = 10;
const functionsShown = 8;
const statementsShown = 10;
const busyMsMin = 200;

const beginningFile = 'measured-from.txt';

/** What is measured begins here. */
export async function noteBeginning(directory: string): Promise<void> {
  await writeFile(path.join(directory, beginningFile), String(process.hrtime.bigint() / 1_000n));
}

export async function summarizeProfiles(name: string, command: string, directory: string): Promise<void> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.cpuprofile')).sort();
  const fromUs = Number(await readFile(path.join(directory, beginningFile), 'utf8'));
  const summaries: Summary[] = [];
  for (const file of files)
    summaries.push(summarize(JSON.parse(await readFile(path.join(directory, file), 'utf8')), fromUs));
  const shown = summaries.filter(({ busyMs }) => busyMs >= busyMsMin).sort((a, b) => b.busyMs - a.busyMs);
  const text = [
    `# Where the time goes: ${name}`,
    '',
    'CPU profiles of every process while it was measured, warming up left out; a profiled run is slower than others. Of the time a process was not idle (where',
    'others had its core, that too): whose code it was in (the nearest module of ours or of a library), and the functions that took most themselves.',
    '',
    `- Command: \`pnpm benchmarks ${command}\``,
    `- Written: ${new Date().toISOString().slice(0, 16)}Z`,
    '',
    ...shown.flatMap(describe),
    ...(await describeStatements(directory)),
  ].join('\n');
  await writeFile(path.join(resultsDirectory, `${name}-profile.md`), `${text.trimEnd()}\n`);
}

function summarize(profile: Profile, fromUs: number): Summary {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const summary: Summary = { process: 'another', busyMs: 0, byOwner: new Map(), byFunction: new Map() };
  for (const { callFrame } of profile.nodes) {
    const main = /\/(?:services|infra|benchmarks|apps)\/.*main\.ts$|journal-worker\.ts$/.exec(callFrame.url)?.[0];
    if (main !== undefined) summary.process = main.slice(1).replace('/src/main.ts', '');
  }
  let atUs = profile.startTime;
  for (const [at, sample] of profile.samples.entries()) {
    const us = profile.timeDeltas[at] ?? 0;
    atUs += us;
    const frame = nodes.get(sample)?.callFrame;
    if (atUs < fromUs || frame === undefined || frame.functionName === '(idle)') continue;
    const ms = us / 1_000;
    summary.busyMs += ms;
    add(summary.byOwner, ownerOf(sample), ms);
    const place = placeOf(frame.url);
    add(summary.byFunction, `${frame.functionName || '(anonymous)'}${place === '' ? '' : ` in ${place}`}`, ms);
  }
  return summary;

  function ownerOf(sample: number): string {
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) {
      const { functionName, url } = nodes.get(id)?.callFrame ?? { functionName: '', url: '' };
      if (functionName === '(garbage collector)') return 'garbage collection';
      if (functionName === '(program)') return 'the program itself: system calls, threads';
      const place = placeOf(url);
      if (place !== '' && !place.startsWith('node:')) return place;
    }
    return 'node';
  }
}

/** The library's name; of ours the folder; nothing for what has no file. */
function placeOf(url: string): string {
  const library = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (library !== undefined) return library;
  const own = /\/((?:services|packages|infra|apps|benchmarks)\/.*)\/[^/]+$/.exec(url)?.[1];
  if (own !== undefined) return own.replace('/src', '');
  return url.startsWith('node:') ? url.split('/', 2).join('/') : '';
}

function describe({ process, busyMs, byOwner, byFunction }: Summary): string[] {
  const table = (heading: string, times: ReadonlyMap<string, number>, count: number) => [
    `| ${heading} | ms | % |`,
    '| --- | --- | --- |',
    ...[...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([what, ms]) => `| ${what} | ${ms.toFixed(0)} | ${((ms / busyMs) * 100).toFixed(0)} |`),
    '',
  ];
  return [
    `## ${process}: ${(busyMs / 1_000).toFixed(2)} s busy`,
    '',
    ...table('whose code', byOwner, ownersShown),
    ...table('function, itself', byFunction, functionsShown),
  ];
}

/** As PostgreSQL counted them; `>`: within another one. */
async function describeStatements(directory: string): Promise<string[]> {
  const lines = (await readFile(path.join(directory, 'statements.txt'), 'utf8')).trimEnd().split('\n');
  return ['## Statements', '', '```', ...lines.slice(0, statementsShown + 1).map((line) => line.slice(0, 150)), '```'];
}

function add(times: Map<string, number>, what: string, ms: number): void {
  times.set(what, (times.get(what) ?? 0) + ms);
}
