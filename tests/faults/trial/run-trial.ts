// One trial: faults are made ready, a run is asked for and approved, and when it has ended, what SENA says is held against what is true on
// the nodes. Entered by run-faults. Uses one lane, alone.
import { createHash, randomUUID } from 'node:crypto';
import type { Execution } from '@sena/contracts/http/runs';
import { eventually } from '@sena/testing/eventually';
import type { Mode } from '../cells.ts';
import { isLaneUp, type Lane } from '../world/start-lane.ts';
import type { World } from '../world/start-world.ts';
import { allowOutcomes } from './allow-outcomes.ts';
import { armFault } from './arm-fault.ts';
import type { ArmedFault } from './armed-fault.ts';
import { judgeAsked } from './judge-asked.ts';
import { judgeAssignment } from './judge-assignment.ts';
import { judgeEnding } from './judge-ending.ts';
import { judgeInquiries } from './judge-inquiries.ts';
import { judgeNode } from './judge-node.ts';
import { lookForTruth } from './look-for-truth.ts';
import type { NodeResult, TrialPlan, TrialResult } from './trial-result.ts';
import type { RunWatcher } from './watch-runs.ts';

/** Every run ends within it, whatever happens: a worker that is killed holds a run for the 30 s of its lease, and more than one may be. */
export const runBoundMs = 180_000;
const laneBoundMs = 90_000;

export async function runTrial(plan: TrialPlan, lane: Lane, world: World, watcher: RunWatcher): Promise<TrialResult> {
  const { kind, random } = plan;
  const startedAt = new Date();
  const startedAtMs = performance.now();
  const mark = `m${createHash('sha256').update(randomUUID()).digest('hex').slice(0, 16)}`;
  const violations: string[] = [];
  const armed: ArmedFault[] = [];
  let runId: string | null = null;
  let nodes: NodeResult[] = [];
  let healing: Promise<unknown> | null = null;
  const healAll = async () => {
    healing ??= Promise.all(armed.map((fault) => fault.heal()));
    await healing;
  };

  try {
    await eventually(`${lane.name} works`, () => isLaneUp(lane), { timeoutMs: laneBoundMs, everyMs: 50 });
    for (const cell of plan.cells) armed.push(await armFault(cell, { world, lanes: [lane], random }));
    const deadlineMs = performance.now() + runBoundMs;
    const text = kind.command(mark);
    const what = kind.asks === 'question' ? { prompt: text } : { command: text };
    runId = await lane.api.ask(what, lane.selector, deadlineMs);
    let status = await watcher.until(runId, 'approval-or-end', deadlineMs);
    if (status === 'awaiting_approval') {
      await approve(lane, world, runId, deadlineMs);
      status = await watcher.until(runId, 'end', deadlineMs);
    }
    await healAll();
    violations.push(...armed.flatMap((fault) => fault.violations()));
    const ending = await judgeEnding(runId, status, { kind, startedAt, boundMs: runBoundMs }, world);
    violations.push(...ending.violations, ...(await judgeAsked(mark, world)));

    const lookUntilMs = performance.now() + 60_000;
    const executions = await lane.api.executions(runId, lookUntilMs);
    const fired = armed.filter((fault) => fault.hasFired());
    const judged = await Promise.all(
      (ending.isWithoutExecutions ? [] : lane.nodes).map(async (node) => {
        const mine = executions.filter((execution) => execution.node.name === node.name);
        const [execution] = mine;
        if (execution === undefined || mine.length > 1) {
          violations.push(`${node.name} has ${mine.length} executions`);
          return null;
        }
        const mode: Mode = kind.isReading ? 'direct' : node.isPlain ? 'plain' : 'guarded';
        const claim = { execution, ...(await readStreams(world, execution, lookUntilMs)) };
        const truth = await lookForTruth(node, kind, mark, claim);
        const allowed = allowOutcomes(fired, kind, mode, node.name);
        for (const sentence of judgeNode(kind, mode, claim, truth, allowed))
          violations.push(`${node.name}: ${sentence}`);
        const { id: executionId, outcome, reason, exitCode, signal } = execution;
        const { effects } = truth;
        return { ...{ node: node.name, executionId, mode, allowed, outcome, reason, exitCode, signal }, effects };
      }),
    );
    nodes = judged.filter((result) => result !== null);
    violations.push(...(await judgeAssignment(runId, lane, world)));
    if (lane.partner !== null) violations.push(...(await judgeInquiries(nodes, world)));
  } catch (error) {
    violations.push(`the trial broke: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await healAll().catch((error: unknown) => violations.push(`a fault could not be healed: ${String(error)}`));
  }
  return {
    ...{ plan, lane: lane.name, mark, runId, nodes, violations, startedAt },
    fired: armed.filter((fault) => fault.hasFired()).map(({ cell }) => cell),
    durationMs: performance.now() - startedAtMs,
  };
}

async function approve(lane: Lane, world: World, runId: string, deadlineMs: number): Promise<void> {
  const approvalId = await eventually(
    'there is an approval',
    async () => {
      const rows = await world.query<{ id: string }>('select id from sena.approvals where run_id = $1', [runId]);
      return rows[0]?.id;
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
  await lane.api.approve(approvalId, deadlineMs);
}

/** Of what has exited; of the rest nothing is compared. */
export async function readStreams(
  world: World,
  { id, outcome }: Pick<Execution, 'id' | 'outcome'>,
  untilMs: number,
): Promise<{ stdout: Buffer | null; stderr: Buffer | null }> {
  if (outcome !== 'exited') return { stdout: null, stderr: null };
  const [stdout, stderr] = await Promise.all([
    world.api.output(id, 'stdout', untilMs),
    world.api.output(id, 'stderr', untilMs),
  ]);
  return { stdout, stderr };
}
