// One run, from POST /v1/runs to its last outcome in PostgreSQL. Checks that every node answered.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './open-stage.ts';

export interface TimedRun {
  readonly runId: string;
  /** Until every outcome is committed. */
  readonly storedSeconds: number;
  /** Until the run has its report. */
  readonly reportedSeconds: number;
}

const lookMs = 4;
const timeoutMs = 300_000;

/** Throws unless all of `nodes` executions exited with 0. */
export async function runCommand(stage: Stage, command: string, nodes: number, selector = '*'): Promise<TimedRun> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const { id: runId } = await stage.api.post<{ id: string }>('/v1/runs', { kind: 'command', command, selector });
  let storedSeconds: number | null = null;
  for (;;) {
    const found = await stage.admin.query<{
      status: string;
      reason: string | null;
      total: number;
      ok: number;
      other: number;
    }>(
      `select status, reason, execution_count as total, exited_zero_count as ok,
         exited_nonzero_count + not_started_count + unknown_count as other from runs where id = $1`,
      [runId],
    );
    const run = found.rows[0];
    if (run === undefined) throw new Error(`run ${runId} is gone`);
    if (run.total > 0 && run.ok + run.other === run.total) storedSeconds ??= seconds();
    if (run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled') {
      if (run.status !== 'succeeded' || run.ok !== nodes || storedSeconds === null) {
        const why = await stage.admin.query(
          `select kind, reason, detail, exit_code, count(*)::integer as n from outcomes where run_id = $1
           and (kind <> 'exited' or exit_code <> 0) group by 1, 2, 3, 4 order by n desc limit 5`,
          [runId],
        );
        throw new Error(
          `Run ${runId} ${run.status} (${run.reason ?? 'no reason'}): ${run.ok} of ${nodes} nodes exited with 0. ${JSON.stringify(why.rows)}`,
        );
      }
      return { runId, storedSeconds, reportedSeconds: seconds() };
    }
    if (seconds() * 1_000 > timeoutMs)
      throw new Error(`Run ${runId} is ${run.status} after ${timeoutMs} ms: ${run.ok} of ${nodes} nodes answered.`);
    await sleep(lookMs);
  }
}
