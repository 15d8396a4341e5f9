// For end-to-end tests: what the kernel knows of processes (Linux). Reads /proc only.
import { readFileSync } from 'node:fs';

/** Its children, their children and so on, by pid. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Those that still run. */
export function stillRunning(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    const stat = readOf(pid, 'stat');
    return stat !== null && !stat.includes(') Z ');
  });
}

/** As it was started; null once it has ended. */
export function argumentsOf(pid: number): string[] | null {
  return readOf(pid, 'cmdline')?.split('\0').slice(0, -1) ?? null;
}

/** As it was started; null once it has ended. */
export function environmentOf(pid: number): Record<string, string> | null {
  const variables = readOf(pid, 'environ')?.split('\0').slice(0, -1) ?? null;
  return (
    variables &&
    Object.fromEntries(
      variables.map((variable) => {
        const at = variable.indexOf('=');
        return [variable.slice(0, at), variable.slice(at + 1)];
      }),
    )
  );
}

function childrenOf(pid: number): number[] {
  return readOf(pid, `task/${pid}/children`)?.split(' ').filter(Boolean).map(Number) ?? [];
}

function readOf(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null; // it has ended
    throw error;
  }
}
