// Holds every process that was started and stops them in reverse order of their layers. Entered by main.ts and startStack.
// Starts and stops processes; nothing is started once it stops.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../report/report.ts';
import type { ProcessTable } from './process-table.ts';
import { type ProcessSpec, type SupervisedProcess, superviseProcess } from './supervise-process.ts';

/** In the order of starting: each needs those before it. */
export const layers = ['database', 'service', 'front', 'lab', 'satellite'] as const;
export type Layer = (typeof layers)[number];

const databaseWorkTimeoutMs = 10_000;

export type Supervisor = {
  readonly report: Report;
  /** Starts it and keeps it running. @throws {Error} when the supervisor is stopping. */
  supervise(layer: Layer, spec: ProcessSpec): SupervisedProcess;
  /** Work of ours on the database, such as migrating: a stop lets it end before the database goes. */
  usesDatabase<T>(work: Promise<T>): Promise<T>;
  /** Resolves when no process is left. Safe to call again. */
  stop(): Promise<void>;
  /** Cuts a running stop short: what is left is ended by force. */
  hurry(): void;
};

export function openSupervisor(context: { report: Report; table: ProcessTable | null }): Supervisor {
  const started: Array<{ layer: Layer; process: SupervisedProcess }> = [];
  const databaseWork = new Set<Promise<unknown>>();
  const hurrying = new AbortController();
  let stopped: Promise<void> | null = null;
  return {
    report: context.report,
    supervise(layer, spec) {
      if (stopped !== null) throw new Error(`${spec.name} is not started: SENA is stopping.`);
      const process = superviseProcess(spec, context);
      started.push({ layer, process });
      return process;
    },
    usesDatabase(work) {
      const tracked = work.finally(() => databaseWork.delete(tracked));
      databaseWork.add(tracked);
      return tracked;
    },
    stop() {
      stopped ??= stopLayers();
      return stopped;
    },
    hurry() {
      hurrying.abort();
      for (const { process } of started) process.hurry();
    },
  };

  async function stopLayers(): Promise<void> {
    for (const layer of layers.toReversed()) {
      if (layer === 'database') await databaseWorkEnds();
      const ofLayer = started.filter((entry) => entry.layer === layer);
      await Promise.all(ofLayer.map(({ process }) => process.stop()));
    }
  }
  async function databaseWorkEnds(): Promise<void> {
    if (databaseWork.size === 0) return;
    const waited = new AbortController();
    const signal = AbortSignal.any([hurrying.signal, waited.signal]);
    const tooLong = sleep(databaseWorkTimeoutMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(databaseWork), tooLong]);
    waited.abort();
  }
}
