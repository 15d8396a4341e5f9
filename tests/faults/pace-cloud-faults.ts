// Faults of the cloud, one after another, with a rest between two. Entered by run-faults, beside the lanes of its trials.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell } from './cells.ts';
import { dealCloudFaults } from './deal-cloud-faults.ts';
import type { BesideFault } from './read-options.ts';
import { seededRandom } from './seeded-random.ts';
import { armFault } from './trial/arm-fault.ts';
import type { World } from './world/start-world.ts';

/** A fault that nothing has set off by then is given up. */
const waitMs = 15_000;
/** What is dead for ever on a line is noticed by then. */
const halfOpenLastsMs = 90_000;
/** It holds up every run, and so does the next fault: a run that is always held up does not show what it would come to. */
const halfOpenRestMs = 40_000;

export interface CloudFault extends BesideFault {
  /** From when it was ready to happen until it was healed. */
  readonly from: Date;
  until: Date | null;
  hasFired: boolean;
  /** What was seen meanwhile that must not be, a sentence each. */
  violations: readonly string[];
}

export interface CloudPace {
  readonly seed: number;
  readonly cells: readonly Cell[];
  /** Cells that have happened under another backend; the others come first. */
  readonly reached: ReadonlySet<string>;
  /** Instead of what would be drawn. */
  readonly beside: readonly BesideFault[] | undefined;
  /** Between two faults. */
  readonly gapMs: number;
  isOver(): boolean;
  say(line: string): void;
}

/** Each is added to `faults` when it is about to be armed. Resolves when it is over. */
export async function paceCloudFaults(world: World, pace: CloudPace, faults: CloudFault[]): Promise<void> {
  const { seed, cells, beside, gapMs, isOver, say } = pace;
  const dealer = dealCloudFaults(seed, cells, pace.reached);
  for (let turn = 0; !isOver(); turn += 1) {
    const { index, cell } = beside?.[turn % beside.length] ?? { index: turn, cell: dealer.next() };
    const fault: CloudFault = { index, cell, from: new Date(), until: null, hasFired: false, violations: [] };
    faults.push(fault);
    const random = seededRandom(seed, 'cloud', index);
    const armed = await armFault(cell, { world, lanes: world.lanes, random });
    const untilMs = performance.now() + waitMs;
    while (!armed.hasFired() && performance.now() < untilMs && !isOver()) await sleep(50);
    await sleep(random.between(200, 2_000));
    await armed.heal();
    fault.until = new Date();
    fault.hasFired = armed.hasFired();
    if (!fault.hasFired) dealer.missed(cell);
    fault.violations = armed.violations();
    if (fault.violations.length > 0)
      say(
        [
          `VIOLATION fault ${index} of the cloud, seed ${seed} (${cell.id})`,
          ...fault.violations.map((what) => `  ${what}`),
        ].join('\n'),
      );
    // The services are there for as long as they were away.
    const lastedMs = fault.until.getTime() - fault.from.getTime();
    await rest(Math.max(gapMs, isHalfOpen(cell) ? halfOpenRestMs : lastedMs), isOver);
  }
}

/** Those that a trial may have met, from `fromMs` to `untilMs`. */
export function faultsMeanwhile(faults: readonly CloudFault[], fromMs: number, untilMs: number): CloudFault[] {
  return faults.filter(({ cell, from, until }) => {
    const lastsMs = isHalfOpen(cell) ? halfOpenLastsMs : 0;
    return from.getTime() <= untilMs && (until === null || until.getTime() + lastsMs >= fromMs);
  });
}

function isHalfOpen(cell: Cell): boolean {
  return cell.fault.kind.endsWith('-half-open');
}

async function rest(restMs: number, isOver: () => boolean): Promise<void> {
  const untilMs = performance.now() + restMs;
  while (performance.now() < untilMs && !isOver()) await sleep(Math.min(200, untilMs - performance.now()));
}
