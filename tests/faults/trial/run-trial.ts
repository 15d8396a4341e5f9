// One trial: faults are made ready, a run is asked for and approved, and when it has ended, what SENA says is held against what is true on
// the nodes. Entered by run-faults. Uses one lane, alone.
import { createHash, randomUUID } from 'node:crypto';
import type { Execution } from '@sena/contracts/http/runs';
import { eventually } from '@sena/testing/eventually';
import type { Cell, Mode } from '../cells.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { isLaneUp, type Lane, type LaneNode } from '../world/start-lane.ts';
import type { World } from '../world/start-world.ts';
import { armFault } from './arm-fault.ts';
import type { ArmedFault } from './armed-fault.ts';
import type { CommandKind } from './command-kinds.ts';
import { judgeAssignment } from './judge-assignment.ts';
import { judgeNode, type NodeTruth } from './judge-node.ts';
import type { RunWatcher } from './watch-runs.ts';

/** Every run ends within it, whatever happens: a worker that is killed holds a run for the 30 s of its lease, and more than one may be. */
export const runBoundMs = 180_000;
const laneBoundMs = 90_000;

export interface TrialPlan {
  readonly index: number;
  /** On a lane with one satellite, or with two. */
  readonly series: 'single' | 'paired';
  readonly cells: readonly Cell[];
  readonly kind: CommandKind;
  readonly random: SeededRandom;
}

export interface NodeResult {
  readonly node: string;
  readonly mode: Mode;
  readonly outcome: Execution['outcome'];
  readonly reason: string | null;
  readonly effects: number;
}

export interface TrialResult {
  readonly plan: TrialPlan;
  readonly lane: string;
  readonly mark: string;
  readonly runId: string | null;
  readonly fired: readonly Cell[];
  readonly nodes: readonly NodeResult[];
  readonly violations: readonly string[];
  readonly startedAt: Date;
  readonly durationMs: number;
}

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
    runId = await world.api.ask(what, lane.selector, deadlineMs);
    let status = await watcher.until(runId, 'approval-or-end', deadlineMs);
    if (status === 'awaiting_approval') {
      await approve(world, runId, deadlineMs);
      status = await watcher.until(runId, 'end', deadlineMs);
    }
    await healAll();
    violations.push(...armed.flatMap((fault) => fault.violations()));
    if (status === 'late') violations.push(`the run has not ended after ${runBoundMs / 1_000} s`);
    else if (status !== 'succeeded') violations.push(`the run ended as ${status}`);

    const lookUntilMs = performance.now() + 60_000;
    const executions = await world.api.executions(runId, lookUntilMs);
    const allowed = whyUnknown(armed, kind);
    const judged = await Promise.all(
      lane.nodes.map(async (node) => {
        const mine = executions.filter((execution) => execution.node.name === node.name);
        const [execution] = mine;
        if (execution === undefined || mine.length > 1) {
          violations.push(`${node.name} has ${mine.length} executions`);
          return null;
        }
        const mode: Mode = kind.isReading ? 'direct' : node.isPlain ? 'plain' : 'guarded';
        const truth = await lookForTruth(node, kind, mark, execution);
        const stdout =
          execution.outcome === 'exited' ? await world.api.output(execution.id, 'stdout', lookUntilMs) : null;
        for (const sentence of judgeNode(kind, mode, { execution, stdout }, truth, allowed(mode)))
          violations.push(`${node.name}: ${sentence}`);
        const { outcome, reason } = execution;
        return { node: node.name, mode, outcome, reason, effects: truth.effects };
      }),
    );
    nodes = judged.filter((result) => result !== null);
    violations.push(...(await judgeAssignment(runId, lane, world)));
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

async function approve(world: World, runId: string, deadlineMs: number): Promise<void> {
  const approvalId = await eventually(
    'there is an approval',
    async () => {
      const rows = await world.query<{ id: string }>('select id from sena.approvals where run_id = $1', [runId]);
      return rows[0]?.id;
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
  await world.api.approve(approvalId, deadlineMs);
}

/** Of the faults that happened together. Two that each lose a reading leave it no third attempt, and a wrong clock no second. */
function whyUnknown(armed: readonly ArmedFault[], kind: CommandKind): (mode: Mode) => string | null {
  const fired = armed.filter((fault) => fault.hasFired()).map(({ cell }) => cell);
  return (mode) => {
    const losing = fired.filter((cell) => cell.unknown.plain !== null).length;
    const isClockWrong = fired.some((cell) => cell.fault.kind === 'satellite-clock');
    if (kind.isReading && (losing > 1 || (losing > 0 && isClockWrong)))
      return 'both attempts of a reading may have been lost';
    return fired.map((cell) => cell.unknown[mode]).find((why) => why !== null) ?? null;
  };
}

async function lookForTruth(
  node: LaneNode,
  kind: CommandKind,
  mark: string,
  { command }: Execution,
): Promise<NodeTruth> {
  if (kind.isReading) {
    const said = await node.look(`(${command}) | sha256sum`);
    return { effects: 0, outputSha256: said.slice(0, 64) };
  }
  const said = await node.look(
    `grep -c "^${mark} " /srv/effects; [ -e /srv/out-${mark} ] && sha256sum < /srv/out-${mark} && rm /srv/out-${mark}`,
  );
  const [count = '0', sha] = said.split('\n');
  return { effects: Number(count), outputSha256: sha ? sha.slice(0, 64) : null };
}
