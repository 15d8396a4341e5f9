// Runs trials in all lanes of a world at once, and faults of the cloud beside them, until as many faults have happened as were asked for.
// Entered by main.ts and by the test.
import { type Backend, cellsFor } from './cells.ts';
import { type CloudFault, faultsMeanwhile, paceCloudFaults } from './pace-cloud-faults.ts';
import { planTrial } from './plan-trial.ts';
import type { BesideFault } from './read-options.ts';
import { repeatTrial } from './repeat-trial.ts';
import type { KindName } from './trial/command-kinds.ts';
import { type AuditVerdict, judgeAudit } from './trial/judge-audit.ts';
import { judgeRevisions } from './trial/judge-revisions.ts';
import { runTrial } from './trial/run-trial.ts';
import type { TrialResult } from './trial/trial-result.ts';
import { watchRuns } from './trial/watch-runs.ts';
import type { World } from './world/start-world.ts';

export interface FaultsOptions {
  readonly seed: number;
  /** Faults that have to happen. */
  readonly count: number;
  /** Cells whose id contains this; all by default. */
  readonly only?: string | undefined;
  readonly kind?: KindName | undefined;
  /** Between two faults of the cloud. */
  readonly cloudGapMs?: number;
  /** This trial, alone. */
  readonly trial?: number | undefined;
  readonly faultsATrialMax: number;
  readonly nodesPerLane: number;
  /** Cells of the cloud that have happened under another backend; the others come first. */
  readonly reached?: ReadonlySet<string>;
  /** Instead of what would be drawn for the cloud. */
  readonly beside?: readonly BesideFault[] | undefined;
  /** No new trial begins after this. */
  readonly stopAt?: Date | undefined;
  say(line: string): void;
}

export interface FaultsResult {
  readonly backend: Backend;
  readonly seed: number;
  readonly trials: readonly TrialResult[];
  readonly cloudFaults: readonly CloudFault[];
  readonly audit: AuditVerdict;
  readonly durationMs: number;
}

export async function runFaults(world: World, options: FaultsOptions): Promise<FaultsResult> {
  const { seed, say, cloudGapMs = 2_000 } = options;
  const startedAtMs = performance.now();
  const chosen = cellsFor(world.backend).filter((cell) => options.only === undefined || cell.id.includes(options.only));
  if (chosen.length === 0) throw new Error(`no cell is called like ${options.only}`);
  const laneCells = chosen.filter((cell) => cell.scope === 'lane');
  const pairCells = chosen.filter((cell) => cell.scope === 'pair');
  const cloudCells = chosen.filter((cell) => cell.scope === 'cloud');
  const none = cellsFor(world.backend).filter((cell) => cell.id === 'none');
  const watcher = watchRuns(world.query);
  const trials: TrialResult[] = [];
  const cloudFaults: CloudFault[] = [];
  /** Lanes with one satellite and lanes with two number their trials apart: which one is faster must not change what is drawn. */
  const next = { single: options.trial ?? 0, paired: options.trial ?? 0 };
  const faults = () =>
    trials.reduce((sum, trial) => sum + trial.fired.filter((cell) => cell.id !== 'none').length, 0) +
    cloudFaults.filter((fault) => fault.hasFired).length;
  // Where only fault-free runs were asked for, they are what is counted.
  const isCounted = chosen.some((cell) => cell.id !== 'none');
  const isEnough = () =>
    options.trial === undefined ? (isCounted ? faults() : trials.length) >= options.count : trials.length >= 1;
  const isOver = () => isEnough() || (options.stopAt !== undefined && new Date() > options.stopAt);

  async function workLane(index: number): Promise<void> {
    const lane = world.lanes[index];
    if (lane === undefined) return;
    while (!isOver()) {
      const series = lane.partner === null ? 'single' : 'paired';
      const cells = series === 'single' ? laneCells : pairCells;
      const plan = planTrial(series, next[series], cells.length > 0 ? cells : none, options);
      next[series] += 1;
      const result = await runTrial(plan, lane, world, watcher);
      trials.push(result);
      const minutes = (performance.now() - startedAtMs) / 60_000;
      if (trials.length % 25 === 0)
        say(`${trials.length} trials, ${faults()} faults, ${(faults() / minutes).toFixed(0)} a minute`);
      if (result.violations.length > 0) say(describeViolation(result));
    }
  }

  async function workCloud(): Promise<void> {
    const { beside, reached = new Set<string>() } = options;
    const pace = { seed, cells: cloudCells, reached, beside, gapMs: cloudGapMs, isOver, say };
    await paceCloudFaults(world, pace, cloudFaults);
  }

  function describeViolation(trial: TrialResult): string {
    const { plan, startedAt, durationMs, runId, lane } = trial;
    const beside = faultsMeanwhile(cloudFaults, startedAt.getTime(), startedAt.getTime() + durationMs);
    const { kind, only, nodesPerLane, faultsATrialMax } = options;
    const again = repeatTrial({
      ...{ seed, only, kind, nodesPerLane, cloudGapMs, faultsATrialMax, beside },
      ...{ backend: world.backend, trial: plan.index, series: plan.series },
    });
    return [
      `VIOLATION trial ${plan.index} of seed ${seed} (${plan.kind.name}, ${plan.cells.map((cell) => cell.id).join(' + ')}), ${lane}, ${runId}, ${startedAt.toISOString()} +${Math.round(durationMs)} ms`,
      ...trial.violations.map((sentence) => `  ${sentence}`),
      `  fired: ${trial.fired.map((cell) => cell.id).join(', ') || 'nothing'}; of the cloud meanwhile: ${beside.map(({ cell }) => cell.id).join(', ') || 'nothing'}`,
      `  again: pnpm faults ${again.join(' ')}`,
    ].join('\n');
  }

  try {
    await Promise.all([
      ...world.lanes.map((_, index) => workLane(index)),
      ...(cloudCells.length > 0 && options.beside?.length !== 0 ? [workCloud()] : []),
    ]);
  } finally {
    watcher.stop();
  }
  const later = await judgeRevisions(world, trials);
  const atTheEnd = await judgeAudit(world, trials);
  const audit = { ...atTheEnd, violations: [...later, ...atTheEnd.violations] };
  for (const violation of audit.violations) say(`VIOLATION ${violation}`);
  return { backend: world.backend, seed, trials, cloudFaults, audit, durationMs: performance.now() - startedAtMs };
}
