// `pnpm benchmarks <name> [--option value]`: starts what the benchmark needs, measures, writes results/<name>.md, leaves nothing.
import { parseArgs } from 'node:util';
import { measureControlPlane } from './rows/control-plane.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string' },
    satellites: { type: 'string' },
    repetitions: { type: 'string', default: '5' },
    'profile-directory': { type: 'string' },
  },
});

const repetitions = Number(values.repetitions);
const profileDirectory = values['profile-directory'] ?? null;
const count = (text: string | undefined, usual: number) => (text === undefined ? usual : Number(text));

const benchmarks: Record<string, () => Promise<void>> = {
  'control-plane': () =>
    measureControlPlane({
      nodes: count(values.nodes, 10_000),
      satellites: count(values.satellites, 100),
      repetitions,
      profileDirectory,
    }),
};

const [name = ''] = positionals;
const benchmark = benchmarks[name];
if (benchmark === undefined) {
  console.error(`Name one of: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(1);
}
await benchmark();
