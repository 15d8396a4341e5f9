// Thousands of simulated nodes on 127.1.x.y, in as few processes as open files allow. Entered by benchmarks of size.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fingerprintOf } from '@sena/lab/state/host-identity';
import { makeSshKey } from '@sena/lab/state/make-ssh-key';
import { type Child, startChild } from './start-child.ts';

const port = 2_200;
/** Of the files that a process may open: its listeners, and a connection of each of two opponents. */
const filesANode = 3;
const filesKept = 200;

export interface SimulatedNodes {
  readonly addresses: readonly string[];
  readonly port: number;
  /** `SHA256:…`, the same for all. */
  readonly hostKey: string;
  readonly processes: readonly Child[];
  stop(): Promise<void>;
}

export async function startSimulatedNodes(count: number): Promise<SimulatedNodes> {
  const filesMax = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  const nodesAProcess = Math.min(5_000, Math.floor((filesMax - filesKept) / filesANode));
  const key = makeSshKey('benchmark node');
  const addresses = Array.from(
    { length: count },
    (_, index) => `127.1.${1 + Math.floor(index / 200)}.${1 + (index % 200)}`,
  );
  const processes: Child[] = [];
  const stop = async () => {
    await Promise.all(processes.map((child) => child.stop()));
  };
  try {
    for (let first = 0; first < count; first += nodesAProcess) {
      const child = startChild(path.join(import.meta.dirname, 'simulated-nodes-main.ts'));
      processes.push(child);
      child.tell({ addresses: addresses.slice(first, first + nodesAProcess), port, hostPrivateKey: key.privateKey });
    }
    await Promise.all(processes.map((child) => child.next()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { addresses, port, hostKey: fingerprintOf(key.publicKey), processes, stop };
}
