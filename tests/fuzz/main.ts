// The fuzzer by its command line: npm run fuzz -- --seed 7 --requests 20000. Prints its tables, writes benchmarks/fuzz.md when asked to, and
// fails when there was a problem.
import { parseArgs } from 'node:util';
import { renderReport, writeReport } from './report/write-report.ts';
import { runFuzz } from './run-fuzz.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    requests: { type: 'string', default: '20000' },
    'relay-messages': { type: 'string', default: '12000' },
    'satellite-messages': { type: 'string', default: '8000' },
    'decoder-messages': { type: 'string', default: '30000' },
    envelopes: { type: 'string', default: '12000' },
    tokens: { type: 'string', default: '2400' },
    /** Only these parts, by comma: requests, relay-messages, satellite-messages, decoder-messages, envelopes, tokens. */
    only: { type: 'string' },
    /** Each part ends early after so long, and its report says how far it came. */
    'part-seconds': { type: 'string', default: '3600' },
    write: { type: 'boolean', default: false },
    /** Written behind what is there, where a long run goes in parts. */
    add: { type: 'boolean', default: false },
  },
});
// Each process that was started ends with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const only = values.only?.split(',');
const countOf = (name: Exclude<keyof typeof values, 'write' | 'add' | 'only' | 'seed' | 'part-seconds'>) =>
  only === undefined || only.includes(name) ? Number(values[name]) : 0;
const result = await runFuzz({
  seed: Number(values.seed),
  requests: countOf('requests'),
  relayMessages: countOf('relay-messages'),
  satelliteMessages: countOf('satellite-messages'),
  decoderMessages: countOf('decoder-messages'),
  envelopes: countOf('envelopes'),
  tokens: countOf('tokens'),
  partMsMax: Number(values['part-seconds']) * 1_000,
  say: (line) => console.log(line),
});
const report = renderReport(result, `pnpm fuzz ${process.argv.slice(2).join(' ')}`.trim());
console.log(report);
for (const problem of result.problems.slice(0, 50)) console.log(`PROBLEM ${problem}`);
if (values.write) await writeReport(report, { adds: values.add });
process.exit(result.problems.length > 0 ? 1 : 0);
