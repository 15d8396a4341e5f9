// The oracle for how a run ended. Entered by run-trial. Reads the run's events.
import type { RunStatus } from '@sena/contracts/domain/run';
import type { World } from '../world/start-world.ts';
import type { CommandKind } from './command-kinds.ts';

export interface Ending {
  readonly violations: readonly string[];
  /** It truly ended without having asked anything of its nodes. */
  readonly isWithoutExecutions: boolean;
}

export async function judgeEnding(
  runId: string,
  status: RunStatus | 'late',
  { kind, startedAt, boundMs }: { kind: CommandKind; startedAt: Date; boundMs: number },
  world: World,
): Promise<Ending> {
  if (status === 'succeeded') return { violations: [], isWithoutExecutions: false };
  if (status === 'late')
    return { violations: [`the run has not ended after ${boundMs / 1_000} s`], isWithoutExecutions: false };
  const isExcused = status === 'failed' && kind.asks === 'question' && (await hadNoModel(runId, startedAt, world));
  return { violations: isExcused ? [] : [`the run ended as ${status}`], isWithoutExecutions: isExcused };
}

/** A question whose model is away when it is first asked is given to the runbooks, which have no answer here. Its run has to say so. */
async function hadNoModel(runId: string, startedAt: Date, world: World): Promise<boolean> {
  const isAway = world.modelRouterAway.some(({ untilMs }) => untilMs >= startedAt.getTime());
  if (!isAway) return false;
  const notes = await world.query(
    `select 1 from run_events where run_id = $1 and data ->> 'type' = 'run.note' and data ->> 'text' like 'The model did not answer%'`,
    [runId],
  );
  const executions = await world.query('select 1 from executions where run_id = $1', [runId]);
  return notes.length > 0 && executions.length === 0;
}
