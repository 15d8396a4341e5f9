// One of SENA's programs as a process of its own that measures its event loop. Starts and ends that process; keeps its last lines.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoopSample } from '../measure/compare-stalls.ts';

const measure = new URL('../measure/measure-event-loop.ts', import.meta.url).href;
const checkout = fileURLToPath(new URL('../../../', import.meta.url));
const startMsMax = 60_000;
const endMsMax = 20_000;
const linesMax = 5_000;

export interface MeasuredProcess {
  readonly name: string;
  readonly pid: number;
  /** Everything measured since it was ready. */
  readonly samples: readonly LoopSample[];
  /** The last lines that it printed, standard error included. */
  readonly lines: readonly string[];
  /** Lines of level error and above, by their message. */
  readonly errors: ReadonlyMap<string, { count: number; first: string }>;
  /** How it ended; null while it runs. */
  ended(): string | null;
  stop(): Promise<void>;
}

/** `isReady`: of each line; what it returns is `ready`. */
export async function startMeasuredProcess<T>(options: {
  name: string;
  /** Path in the checkout, then arguments. */
  program: readonly string[];
  environment: Record<string, string>;
  isReady(line: string): T | null;
}): Promise<MeasuredProcess & { readonly ready: T }> {
  const { name, program, environment, isReady } = options;
  const [entry = '', ...args] = program;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', measure, `${checkout}${entry}`, ...args],
    {
      cwd: checkout,
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  const killWithParent = () => child.kill('SIGKILL');
  process.once('exit', killWithParent);
  let ended: string | null = null;
  const exited = new Promise<void>((resolve) =>
    child.once('close', (code, signal) => {
      ended = `${signal ?? code}`;
      process.off('exit', killWithParent);
      resolve();
    }),
  );
  const lines: string[] = [];
  const errors = new Map<string, { count: number; first: string }>();
  const samples: LoopSample[] = [];
  let isMeasured = false;

  const ready = await new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} was not ready in time:\n${tail()}`)), startMsMax);
    const onLine = (line: string) => {
      lines.push(line);
      if (lines.length > linesMax) lines.splice(0, linesMax / 2);
      noteError(line);
      const found = isReady(line);
      if (found === null) return;
      clearTimeout(timer);
      isMeasured = true;
      resolve(found);
    };
    for (const stream of [child.stdout, child.stderr]) onEachLine(stream, onLine);
    onEachLine(child.stdio[3] as NodeJS.ReadableStream, (line) => {
      if (isMeasured) samples.push(JSON.parse(line));
    });
    void exited.then(() => reject(new Error(`${name} ended (${ended}) before it was ready:\n${tail()}`)));
  }).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await exited;
    throw error;
  });

  function tail(): string {
    return lines.slice(-20).join('\n');
  }

  function noteError(line: string): void {
    const entry = readLine(line);
    if (entry === null || !isError(entry.level)) return;
    const known = errors.get(entry.msg);
    if (known === undefined) errors.set(entry.msg, { count: 1, first: line.slice(0, 2_000) });
    else known.count += 1;
  }

  return {
    name,
    pid: child.pid ?? 0,
    ready,
    samples,
    lines,
    errors,
    ended: () => ended,
    async stop() {
      if (ended !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), endMsMax);
      await exited;
      clearTimeout(timer);
    },
  };
}

function isError(level: unknown): boolean {
  return typeof level === 'number' ? level >= 50 : level === 'error' || level === 'fatal';
}

/** What is not one of the log's lines is nobody's error: Node's own last words end the process, which is seen by that. */
function readLine(line: string): { level: unknown; msg: string } | null {
  if (!line.startsWith('{')) return null;
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    return { level, msg: String(msg) };
  } catch {
    return null;
  }
}

function onEachLine(stream: NodeJS.ReadableStream | null, heard: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const pieces = (rest + text).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) heard(piece);
  });
}
