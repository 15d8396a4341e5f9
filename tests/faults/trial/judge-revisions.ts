// The oracle for what is said later: every execution is read once more when all runs have ended. An end stays as it was told; where nobody
// knew, what is known by now is held against the node. Entered with the audit's. Reads the API and the nodes.
import type { Execution } from '@sena/contracts/http/runs';
import type { World } from '../world/start-world.ts';
import { judgeNode } from './judge-node.ts';
import { lookForTruth } from './look-for-truth.ts';
import { readStreams } from './run-trial.ts';
import type { NodeResult, TrialResult } from './trial-result.ts';

const lookMs = 60_000;

/** Returns what is wrong, a sentence each. */
export async function judgeRevisions(world: World, trials: readonly TrialResult[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const trial of trials) {
    if (trial.runId === null || trial.nodes.length === 0) continue;
    const executions = await world.api.executions(trial.runId, performance.now() + lookMs);
    for (const said of trial.nodes) {
      const execution = executions.find((each) => each.id === said.executionId);
      for (const sentence of await judgeAgain(world, trial, said, execution))
        wrong.push(`trial ${trial.plan.index}: ${said.node}: ${sentence}`);
    }
  }
  return wrong;
}

async function judgeAgain(
  world: World,
  { plan: { kind }, mark }: TrialResult,
  said: NodeResult,
  execution: Execution | undefined,
): Promise<string[]> {
  if (execution === undefined) return ['its execution is gone'];
  if (said.outcome !== 'unknown') return changeOfMind(said, execution);
  // Still unknown is as true as it was.
  if (execution.outcome === 'unknown') return [];
  const node = world.lanes.flatMap(({ nodes }) => nodes).find(({ name }) => name === said.node);
  if (node === undefined) return ['its node is gone'];
  const claim = { execution, ...(await readStreams(world, execution, performance.now() + lookMs)) };
  const truth = await lookForTruth(node, kind, mark, claim);
  const sentences = judgeNode(kind, said.mode, claim, truth, said.allowed);
  return sentences.map((sentence) => `unknown at first, and later: ${sentence}`);
}

/** An end that was told is the end. Pure. */
export function changeOfMind(
  said: Pick<NodeResult, 'outcome' | 'reason' | 'exitCode' | 'signal'>,
  now: Pick<Execution, 'outcome' | 'reason' | 'exitCode' | 'signal'>,
): string[] {
  const told = ({ outcome, reason, exitCode, signal }: typeof said) =>
    [outcome, reason, exitCode, signal].map((part) => part ?? '–').join(' ');
  return told(said) === told(now) ? [] : [`it was told as ${told(said)}, and is ${told(now)} now`];
}
