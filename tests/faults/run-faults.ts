// Runs trials in all lanes of a world at once, and faults of the cloud beside them, until as many faults have happened as were asked for.
// Entered by main.ts and by the test.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, type Cell, cellsFor } from './cells.ts';
import { seededRandom } from './seeded-random.ts';
import { armFault } from './trial/arm-fault.ts';
import { type CommandKind, type KindName, kinds } from './trial/command-kinds.ts';
import { type AuditVerdict, judgeAudit } from './trial/judge-audit.ts';
import { judgeRevisions } from './trial/judge-revisions.ts';
import { runTrial } from './trial/run-trial.ts';
import type { TrialPlan, TrialResult } from './trial/trial-result.ts';
import { watchRuns } from './trial/watch-runs.ts';
import type { World } from './world/start-world.ts';

/** A cloud's fault that nothing has set off by then is given up. */
const cloudFaultWaitMs = 15_000;

export interface FaultsOptions {
  readonly seed: number;
  /** Faults that have to happen. */
  readonly count: number;
  /** Cells whose id contains this; all by default. */
  readonly only?: string | undefined;
  readonly kind?: KindName | undefined;
  /** Between two faults of the cloud. */
  readonly cloudGapMs?: number;
  readonly startsAtTrial?: number;
  readonly faultsATrialMax: number;
  /** No new trial begins after this. */
  readonly stopAt?: Date | undefined;
  say(line: string): void;
}

export interface CloudFault {
  readonly index: number;
  readonly cell: Cell;
  /** From when it was ready to happen until it was healed. */
  readonly from: Date;
  until: Date | null;
  hasFired: boolean;
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
  const { seed, say } = options;
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
  const next = { single: options.startsAtTrial ?? 0, paired: options.startsAtTrial ?? 0 };
  const faults = () =>
    trials.reduce((sum, trial) => sum + trial.fired.filter((cell) => cell.id !== 'none').length, 0) +
    cloudFaults.filter((fault) => fault.hasFired).length;
  // Where only fault-free runs were asked for, they are what is counted.
  const isCounted = chosen.some((cell) => cell.id !== 'none');
  const isOver = () =>
    (isCounted ? faults() : trials.length) >= options.count ||
    (options.stopAt !== undefined && new Date() > options.stopAt);

  async function workLane(index: number): Promise<void> {
    const lane = world.lanes[index];
    if (lane === undefined) return;
    while (!isOver()) {
      const series = lane.partner === null ? 'single' : 'paired';
      const cells = series === 'single' ? laneCells : pairCells;
      const plan = planTrial(seed, series, next[series], cells.length > 0 ? cells : none, options);
      next[series] += 1;
      const result = await runTrial(plan, lane, world, watcher);
      trials.push(result);
      const minutes = (performance.now() - startedAtMs) / 60_000;
      if (trials.length % 25 === 0)
        say(`${trials.length} trials, ${faults()} faults, ${(faults() / minutes).toFixed(0)} a minute`);
      if (result.violations.length > 0) say(describeViolation(result, seed, cloudFaults));
    }
  }

  async function workCloud(): Promise<void> {
    for (let index = 0; !isOver(); index += 1) {
      const random = seededRandom(seed, 'cloud', index);
      const cell = random.pickWeighted(cloudCells);
      const fault: CloudFault = { index, cell, from: new Date(), until: null, hasFired: false };
      cloudFaults.push(fault);
      const armed = await armFault(cell, { world, lanes: world.lanes, random });
      const untilMs = performance.now() + cloudFaultWaitMs;
      while (!armed.hasFired() && performance.now() < untilMs && !isOver()) await sleep(50);
      fault.hasFired = armed.hasFired();
      await sleep(random.between(200, 2_000));
      await armed.heal();
      fault.until = new Date();
      await sleep(options.cloudGapMs ?? 2_000);
    }
  }

  try {
    await Promise.all([
      ...world.lanes.map((_, index) => workLane(index)),
      ...(cloudCells.length > 0 ? [workCloud()] : []),
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

/** The same seed and index give the same trial, whatever ran before. */
function planTrial(
  seed: number,
  series: 'single' | 'paired',
  index: number,
  cells: readonly Cell[],
  { kind: only, faultsATrialMax }: Pick<FaultsOptions, 'kind' | 'faultsATrialMax'>,
): TrialPlan {
  const random = seededRandom(seed, series === 'single' ? 'trial' : 'paired trial', index);
  const kind = only === undefined ? random.pickWeighted(Object.values(kinds)) : kinds[only];
  const fitting = cells.filter((cell) => fits(cell, kind));
  if (fitting.length === 0) {
    const other = random.pickWeighted(Object.values(kinds).filter((each) => cells.some((cell) => fits(cell, each))));
    return {
      index,
      series,
      kind: other,
      cells: [random.pickWeighted(cells.filter((cell) => fits(cell, other)))],
      random,
    };
  }
  const count = random.between(1, faultsATrialMax);
  const drawn = Array.from({ length: count }, () => random.pickWeighted(fitting));
  return { index, series, kind, cells: compatible(drawn), random };
}

/** Whether the point of this fault is ever reached by a command of this kind. */
function fits({ fault }: Cell, kind: CommandKind): boolean {
  switch (fault.kind) {
    case 'one-of-two':
      return kind.prints || fault.at !== 'output';
    case 'satellite-restarts':
    case 'satellite-at-frame':
    case 'tunnel-at-frame':
    case 'relay-at-frame':
      return kind.prints || (fault.frame !== 'output' && fault.frame !== 'output-ack');
    case 'ssh-line':
    case 'ssh-half-open':
    case 'node-reboots':
      return kind.prints || fault.moment !== 'output';
    default:
      return true;
  }
}

/** One fault of a kind a trial: two that use the same lever would undo each other. A fault-free trial has none beside. */
function compatible(cells: readonly Cell[]): Cell[] {
  const [first] = cells;
  if (first === undefined || first.fault.kind === 'none') return cells.slice(0, 1);
  const levers = new Map<string, Cell>();
  for (const cell of cells) {
    const lever = leverOf(cell);
    if (lever !== 'none' && !levers.has(lever)) levers.set(lever, cell);
  }
  return [...levers.values()];
}

function leverOf({ fault }: Cell): string {
  switch (fault.kind) {
    case 'satellite-loses-power':
    case 'satellite-at-commit':
    case 'satellite-restarts':
      return 'commit';
    case 'tunnel-at-frame':
    case 'tunnel-line':
    case 'tunnel-half-open':
    case 'former-relay':
      return 'tunnel';
    case 'ssh-line':
    case 'ssh-half-open':
    case 'ssh-late':
    case 'node-reboots':
      return 'ssh';
    default:
      return fault.kind;
  }
}

function describeViolation(trial: TrialResult, seed: number, cloudFaults: readonly CloudFault[]): string {
  const { plan, startedAt, durationMs, runId, lane } = trial;
  const endedAt = startedAt.getTime() + durationMs;
  const beside = cloudFaults
    .filter(({ from, until }) => from.getTime() <= endedAt && (until === null || until >= startedAt))
    .map(({ cell }) => cell.id);
  return [
    `VIOLATION trial ${plan.index} of seed ${seed} (${plan.kind.name}, ${plan.cells.map((cell) => cell.id).join(' + ')}), ${lane}, ${runId}, ${startedAt.toISOString()} +${Math.round(durationMs)} ms`,
    ...trial.violations.map((sentence) => `  ${sentence}`),
    `  fired: ${trial.fired.map((cell) => cell.id).join(', ') || 'nothing'}; of the cloud meanwhile: ${beside.join(', ') || 'nothing'}`,
    `  again: pnpm faults --seed ${seed} --trial ${plan.index}${plan.series === 'paired' ? ' --paired 1' : ''}`,
  ].join('\n');
}
