// Holds every process that was started and stops them in reverse order of their layers. Entered by main.ts and startStack.
// Starts and stops processes; nothing is started once it stops.
import type { Report } from '../report/report.ts';
import type { ProcessTable } from './process-table.ts';
import { type ProcessSpec, type SupervisedProcess, superviseProcess } from './supervise-process.ts';

/** In the order of starting: each needs those before it. */
export const layers = ['database', 'service', 'front', 'lab', 'satellite'] as const;
export type Layer = (typeof layers)[number];

export type Supervisor = {
  readonly report: Report;
  /** Starts it and keeps it running. @throws {Error} when the supervisor is stopping. */
  supervise(layer: Layer, spec: ProcessSpec): SupervisedProcess;
  /** Resolves when no process is left. Safe to call again. */
  stop(): Promise<void>;
  /** Cuts a running stop short: what is left is ended by force. */
  hurry(): void;
};

export function openSupervisor(context: { report: Report; table: ProcessTable | null }): Supervisor {
  const started: Array<{ layer: Layer; process: SupervisedProcess }> = [];
  let stopped: Promise<void> | null = null;
  return {
    report: context.report,
    supervise(layer, spec) {
      if (stopped !== null) throw new Error(`${spec.name} is not started: SENA is stopping.`);
      const process = superviseProcess(spec, context);
      started.push({ layer, process });
      return process;
    },
    stop() {
      stopped ??= stopLayers();
      return stopped;
    },
    hurry() {
      for (const { process } of started) process.hurry();
    },
  };

  async function stopLayers(): Promise<void> {
    for (const layer of layers.toReversed()) {
      const ofLayer = started.filter((entry) => entry.layer === layer);
      await Promise.all(ofLayer.map(({ process }) => process.stop()));
    }
  }
}
