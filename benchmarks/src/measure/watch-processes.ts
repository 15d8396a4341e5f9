// What each process of the product used between two moments. Entered around a measured part.
import type { Stage } from '../stage/open-stage.ts';
import { cpuSeconds, familyOf, peakResidentBytes, residentBytes } from './process-usage.ts';

export interface ProcessUse {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly residentMib: number;
  readonly peakMib: number;
}

/** `others`: processes of the benchmark that are of interest, by name. PostgreSQL's are one. */
export function watchProcesses(stage: Stage, others: Readonly<Record<string, number>> = {}): () => ProcessUse[] {
  const { processes } = stage.stack;
  const pids: Record<string, number> = { ...others };
  for (const name of ['front', 'gateway', 'orchestrator', 'signer', 'relay'] as const)
    pids[name] = processes[name].pid() ?? 0;
  const used = (pid: number) => familyOf(pid).reduce((sum, one) => sum + cpuSeconds(one), 0);
  pids.postgres = stage.postgresPid;
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, seconds: used(pid) }));
  return () =>
    before.map(({ name, pid, seconds }) => ({
      name,
      cpuSeconds: used(pid) - seconds,
      residentMib: residentBytes(pid) / 2 ** 20,
      peakMib: peakResidentBytes(pid) / 2 ** 20,
    }));
}
