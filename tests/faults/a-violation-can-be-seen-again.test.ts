import { expect, it } from 'vitest';
import { type Backend, cellsFor } from './cells.ts';
import { dealCloudFaults } from './deal-cloud-faults.ts';
import { fits, planTrial } from './plan-trial.ts';
import { readOptions } from './read-options.ts';
import { repeatTrial } from './repeat-trial.ts';
import { kinds } from './trial/command-kinds.ts';

const cloud = (id: string) => cellsFor('redis').find((cell) => cell.id === id && cell.scope === 'cloud');
const beside = ['redis.dies', 'relay.kill.after-frame.dispatch'].map((id, index) => {
  const cell = cloud(id);
  if (cell === undefined) throw new Error(`there is no cell ${id}`);
  return { index: index + 7, cell };
});

/** As runFaults does. */
function planned(options: ReturnType<typeof readOptions>, series: 'single' | 'paired', index: number) {
  const scope = series === 'single' ? 'lane' : 'pair';
  const cells = cellsFor('postgres').filter(
    ({ id, scope: its }) => its === scope && (options.only === undefined || id.includes(options.only)),
  );
  const { kind, cells: drawn, random } = planTrial(series, index, cells, options);
  return { kind: kind.name, cells: drawn.map(({ id }) => id), next: random.fraction() };
}

it.each<[string, 'single' | 'paired', string[]]>([
  ['of everything', 'single', []],
  ['of some cells', 'single', ['--only', 'ssh.']],
  ['of one kind of command', 'single', ['--kind', 'chatty']],
  ['of one fault a trial', 'single', ['--single']],
  ['of a site with two satellites', 'paired', ['--only', 'pair.kill', '--single', '--kind', 'silent']],
  ['of sites with more nodes', 'single', ['--nodes', '4', '--cloud-gap-ms', '100']],
])('a trial of a run %s is the same trial by the line that is printed', (_what, series, args) => {
  const ran = readOptions(['--seed', '83', '--lanes', '12', ...args]);
  for (const [trial, backend] of [[0, 'redis'] as const, [423, 'postgres'] as const]) {
    const line = repeatTrial({ ...ran, backend, trial, series, beside });
    const again = readOptions(line);
    expect(planned(again, series, again.trial ?? -1)).toEqual(planned(ran, series, trial));
    const { only, kind, nodesPerLane, cloudGapMs, faultsATrialMax } = ran;
    expect(again).toMatchObject({ only, kind, nodesPerLane, cloudGapMs, faultsATrialMax, beside, trial });
    expect(again).toMatchObject({ backends: [backend], lanes: 1, pairedLanes: series === 'paired' ? 1 : 0 });
  }
});

it('nothing of the cloud meanwhile is none of the cloud again', () => {
  const ran = readOptions(['--seed', '1']);
  expect(readOptions(repeatTrial({ ...ran, backend: 'redis', trial: 3, series: 'single', beside: [] })).beside).toEqual(
    [],
  );
});

it('each cell of a lane has its turn before any has a second one, with a command that reaches it', () => {
  for (const [series, scope] of [['single', 'lane'] as const, ['paired', 'pair'] as const]) {
    const cells = cellsFor('postgres').filter((cell) => cell.scope === scope);
    const plans = cells.map((_, index) => planTrial(series, index, cells, { seed: 5, faultsATrialMax: 4 }));
    expect(plans.map((plan) => plan.cells[0]?.id).toSorted()).toEqual(cells.map(({ id }) => id).toSorted());
    for (const plan of plans) expect(plan.cells.every((cell) => fits(cell, plan.kind))).toBe(true);
  }
});

it('each cell of the cloud has its turn before any has a second one, over both backends, and again where it did not happen', () => {
  const of = (backend: Backend) => cellsFor(backend).filter(({ scope }) => scope === 'cloud');
  const first = dealCloudFaults(5, of('postgres'), new Set());
  const reached = of('postgres')
    .slice(20)
    .map(() => first.next().id);
  const second = dealCloudFaults(5, of('redis'), new Set(reached));
  const missed = second.next();
  second.missed(missed);
  const left = of('redis').length - new Set(reached).size;
  const rest = Array.from({ length: left }, () => second.next());
  expect(rest.at(-1)).toBe(missed);
  expect(new Set([...reached, ...rest.map(({ id }) => id)]).size).toBe(of('redis').length);
});

it('a kind of command that reaches none of the cells gives way to one that does', () => {
  const cells = cellsFor('postgres').filter(({ id }) => id === 'ssh.cut.output');
  const { kind } = planTrial('single', 0, cells, { seed: 1, kind: 'silent', faultsATrialMax: 4 });
  expect(kinds[kind.name].prints).toBe(true);
});
