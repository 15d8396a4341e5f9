// `satellite run` begins a second time in its own place, as a process that needs little memory: V8's young generation bounded, malloc
// told to give back, and its TypeScript out of a cache, so that nothing that strips types is loaded. Entered by run-command before
// anything is open. Writes the cache, by itself beneath the state directory, which nobody else may write: what is in it is run.
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { flushCompileCache, getCompileCacheDir } from 'node:module';
import path from 'node:path';

const flags = [
  // Output passes through: what is young dies young, and a larger room for it would only be filled.
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
  // Not `--optimize-for-size`: with one helper thread V8 then waits for itself at some starts, for ever.
  // For `settle` and collect-behind.
  '--expose-gc',
  // As load-bash-parser sets them: a cache is for one set of flags, and the journal's thread begins after that.
  '--no-wasm-dynamic-tiering',
  '--no-wasm-tier-up',
];
/** Of glibc; elsewhere nobody reads them. Pieces of output go back to the system when they are freed. */
const allocation = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '65536' };
const stageName = 'SENA_SATELLITE_BEGINS';

/** Entered before most code is loaded. Does not return where the process begins again: same process id, same arguments, same standard streams. */
export function beginSmall(stateDirectory: string): void {
  // Elsewhere, and where a parent holds a channel that would be lost, it runs as it was started.
  if (process.execve === undefined || process.platform === 'win32' || process.channel != null) return;
  if (process.env[stageName] !== undefined) return;
  const cache = cacheBeneath(stateDirectory);
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  again('first', [...flags, ...process.execArgv], { ...allocation, NODE_COMPILE_CACHE: cache });
}

/** Entered when all code is loaded. What was not in the cache (a first start, an update) was stripped here: once more, without that. */
export async function beginWithoutStripping(stateDirectory: string): Promise<void> {
  if (process.env[stageName] !== 'first') return;
  flushCompileCache();
  if (!isCacheNew()) return;
  await loadJournalThread(cacheBeneath(stateDirectory));
  again('second', process.execArgv, {});
}

/** Entered once, when all is loaded: what loading has left behind goes back to the system. Where `gc` is not exposed it changes nothing. */
export function settle(): void {
  globalThis.gc?.({ type: 'major', flavor: 'last-resort' });
}

/** Whoever starts several satellites of one version may let them share one place; it has to be as safe as the program itself. */
function cacheBeneath(stateDirectory: string): string {
  return process.env.NODE_COMPILE_CACHE ?? path.join(stateDirectory, 'code-cache');
}

function again(stage: 'first' | 'second', execArgv: readonly string[], more: Record<string, string>): void {
  process.execve?.(process.execPath, [process.execPath, ...execArgv, ...process.argv.slice(1)], {
    ...process.env,
    ...more,
    [stageName]: stage,
  });
}

/** The thread has a cache of its own code, which it writes when it ends. Without the satellite's journal: nobody holds its lock yet. */
async function loadJournalThread(cache: string): Promise<void> {
  const { openJournal } = await import('../journal/open-journal.ts');
  const file = path.join(cache, `no-journal-${process.pid}.db`);
  const journal = await openJournal(file, { isEnrolling: true });
  await journal.close();
  for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true });
}

function isCacheNew(): boolean {
  const directory = getCompileCacheDir();
  if (directory === undefined) return false;
  return readdirSync(directory).some((name) => statSync(path.join(directory, name)).mtimeMs >= performance.timeOrigin);
}
