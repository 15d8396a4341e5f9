// A bare tunnel and ssh2: what the same fan-out costs with nothing else. Starts a relay and satellites, as many processes as the
// product gets, and runs commands through them.
import path from 'node:path';
import { type Child, startChild } from '../stage/start-child.ts';
import type { PrototypeRun } from './prototype-relay-main.ts';

export interface Prototype {
  /** Seconds until the relay has every answer. Throws unless all exited with 0. */
  run(command: string, addresses: readonly string[], port: number): Promise<number>;
  readonly satellites: readonly Child[];
  stop(): Promise<void>;
}

export async function startPrototype(options: {
  satellites: number;
  processes: number;
  concurrency: number;
  privateKey: string;
}): Promise<Prototype> {
  const { satellites, processes, concurrency, privateKey } = options;
  const relay = startChild(path.join(import.meta.dirname, 'prototype-relay-main.ts'));
  const port = await relay.next<number>();
  const children = Array.from({ length: processes }, (_, index) => {
    const child = startChild(path.join(import.meta.dirname, 'prototype-satellites-main.ts'));
    const own = Math.floor(((index + 1) * satellites) / processes) - Math.floor((index * satellites) / processes);
    child.tell({ url: `ws://127.0.0.1:${port}`, satellites: own, concurrency, username: 'root', privateKey });
    return child;
  });
  await Promise.all(children.map((child) => child.next()));
  let runs = 0;
  return {
    satellites: children,
    async run(command, addresses, nodePort) {
      runs += 1;
      const startedAt = performance.now();
      relay.tell({ run: runs, command, addresses, port: nodePort } satisfies PrototypeRun);
      const { failed } = await relay.next<{ failed: number }>();
      if (failed > 0) throw new Error(`${failed} commands of the prototype failed.`);
      return (performance.now() - startedAt) / 1_000;
    },
    async stop() {
      await Promise.all([relay, ...children].map((child) => child.stop()));
    },
  };
}
