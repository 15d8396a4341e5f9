// The command line that shows one trial again. Entered by run-faults. Pure.
import type { Backend } from './cells.ts';
import type { BesideFault, HarnessOptions } from './read-options.ts';

/** What reproduces it is all here: what is drawn depends on the options, and what was drawn for the cloud meanwhile is named. */
export function repeatTrial(
  ran: Pick<HarnessOptions, 'seed' | 'only' | 'kind' | 'nodesPerLane' | 'cloudGapMs' | 'faultsATrialMax'> & {
    readonly backend: Backend;
    readonly trial: number;
    readonly series: 'single' | 'paired';
    readonly beside: readonly BesideFault[];
  },
): string[] {
  return [
    ...['--seed', String(ran.seed), '--backend', ran.backend, '--trial', String(ran.trial)],
    ...(ran.series === 'paired' ? ['--paired', '1'] : []),
    ...(ran.only === undefined ? [] : ['--only', ran.only]),
    ...(ran.kind === undefined ? [] : ['--kind', ran.kind]),
    ...['--nodes', String(ran.nodesPerLane), '--cloud-gap-ms', String(ran.cloudGapMs)],
    ...(ran.faultsATrialMax === 1 ? ['--single'] : []),
    ...['--beside', ran.beside.map(({ index, cell }) => `${index}:${cell.id}`).join(',') || 'none'],
  ];
}
