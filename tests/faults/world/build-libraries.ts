// Builds what is preloaded into processes of a world: what loses power, what has a wrong clock. Entered by start-world, once. Writes into
// `directory` only.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const faults = path.resolve(import.meta.dirname, '..');

export interface Libraries {
  /** For a satellite. */
  readonly powerLoss: string;
  /** For PostgreSQL. */
  readonly clock: string;
  /** For everything on a node: its clock, and what its guard has synced. */
  readonly node: string;
}

/** Null where there is no C compiler: what needs them is left out, and said to be. */
export async function buildLibraries(directory: string): Promise<Libraries | null> {
  const build = async (name: string, ...sources: string[]): Promise<string> => {
    const library = path.join(directory, `${name}.so`);
    const files = sources.map((source) => path.join(faults, source));
    await run('cc', ['-shared', '-fPIC', '-O2', '-s', '-o', library, ...files, '-ldl', '-lpthread'], {
      timeout: 60_000,
    });
    return library;
  };
  try {
    await run('cc', ['--version'], { timeout: 10_000 });
  } catch {
    return null;
  }
  const [powerLoss, clock, node] = await Promise.all([
    build('power-loss', 'satellite/power-loss.c'),
    build('clock', 'node/clock.c'),
    build('node', 'node/clock.c', 'node/synced-copies.c'),
  ]);
  return { powerLoss, clock, node };
}
