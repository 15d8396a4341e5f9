// The harness's command line, as values. Entered by main.ts. Pure.
import { parseArgs } from 'node:util';
import { type Backend, type Cell, cellsFor } from './cells.ts';
import { type KindName, kindNames } from './trial/command-kinds.ts';

/** One fault of the cloud: what it draws depends on its number. */
export interface BesideFault {
  readonly index: number;
  readonly cell: Cell;
}

export interface HarnessOptions {
  readonly seed: number;
  readonly count: number;
  readonly backends: readonly Backend[];
  /** Cells whose id contains this; all by default. */
  readonly only: string | undefined;
  readonly kind: KindName | undefined;
  /** This one, alone. */
  readonly trial: number | undefined;
  readonly lanes: number;
  /** So many of the lanes have two satellites. */
  readonly pairedLanes: number;
  readonly nodesPerLane: number;
  readonly cloudGapMs: number;
  readonly forMinutes: number | undefined;
  readonly faultsATrialMax: number;
  /** The cloud's faults, one after the other and from the first again; undefined: they are drawn. */
  readonly beside: readonly BesideFault[] | undefined;
  readonly does: 'run' | 'list-cells';
  readonly log: boolean;
  readonly write: boolean;
}

export function readOptions(args: readonly string[]): HarnessOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '200' },
      backend: { type: 'string', default: 'both' },
      only: { type: 'string' },
      kind: { type: 'string' },
      trial: { type: 'string' },
      lanes: { type: 'string', default: '8' },
      paired: { type: 'string' },
      nodes: { type: 'string', default: '2' },
      'cloud-gap-ms': { type: 'string', default: '3000' },
      'for-minutes': { type: 'string' },
      /** `7:relay.kill.after-frame.dispatch,8:…`, or `none`. */
      beside: { type: 'string' },
      /** One fault a trial. */
      single: { type: 'boolean', default: false },
      'list-cells': { type: 'boolean', default: false },
      log: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const { kind } = values;
  if (kind !== undefined && !isKind(kind))
    throw new Error(`There is no kind of command ${kind}. There are: ${kindNames.join(', ')}`);
  if (!['both', 'postgres', 'redis'].includes(values.backend))
    throw new Error(`There is no backend ${values.backend}. There are: postgres, redis, both`);
  const trial = values.trial === undefined ? undefined : Number(values.trial);
  return {
    ...{ seed: Number(values.seed), count: Number(values.count), only: values.only, kind, trial },
    backends: values.backend === 'both' ? ['postgres', 'redis'] : [values.backend as Backend],
    lanes: trial === undefined ? Number(values.lanes) : 1,
    // A trial that is run again says itself whether it wants two.
    pairedLanes: Number(values.paired ?? (trial === undefined ? 2 : 0)),
    nodesPerLane: Number(values.nodes),
    cloudGapMs: Number(values['cloud-gap-ms']),
    forMinutes: values['for-minutes'] === undefined ? undefined : Number(values['for-minutes']),
    faultsATrialMax: values.single ? 1 : 4,
    beside: values.beside === undefined ? undefined : readBeside(values.beside),
    does: values['list-cells'] ? 'list-cells' : 'run',
    ...{ log: values.log, write: values.write },
  };
}

function isKind(name: string): name is KindName {
  return kindNames.some((each) => each === name);
}

function readBeside(text: string): BesideFault[] {
  if (text === 'none') return [];
  return text.split(',').map((part) => {
    const [, index, id] = /^(\d+):(.+)$/.exec(part) ?? [];
    const cell = cellsFor('redis').find((each) => each.scope === 'cloud' && each.id === id);
    if (cell === undefined) throw new Error(`--beside names no fault of the cloud: ${part}. --list-cells lists them.`);
    return { index: Number(index), cell };
  });
}
