// Simulated hosts are told apart by their ports: whoever has registered them finds them there after the next start too.
// Entered by start-lab. Reads and writes one file of the site's directory.
import { readFile, writeFile } from 'node:fs/promises';
import type { LabHost } from '../lab.ts';

/** By name of host; empty before the first start. */
export async function readKeptPorts(file: string): Promise<Record<string, number>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, number>;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

export async function keepPorts(file: string, hosts: readonly LabHost[]): Promise<void> {
  const ports = Object.fromEntries(hosts.map(({ name, port }) => [name, port]));
  await writeFile(file, JSON.stringify(ports), { mode: 0o600 });
}
