// `pnpm faults:mutations [--only id]`: takes one guarantee out of a copy of the product, runs the cells that must notice, and says whether
// they did; the same cells without the change must find nothing. Exits with 1 when a mutation is not caught, or a control is not clean.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { applyMutation } from './apply-mutation.ts';
import { copyCheckout } from './copy-checkout.ts';
import { type Mutation, mutations } from './mutations.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, seed: { type: 'string', default: '1' }, verbose: { type: 'boolean' } },
});
const timeoutMs = 900_000;

interface Seen {
  readonly violations: readonly string[];
  readonly summary: string;
}

const chosen = mutations.filter(({ id }) => values.only === undefined || id.includes(values.only));
if (chosen.length === 0) {
  throw new Error(`There is no mutation ${values.only}. There are: ${mutations.map(({ id }) => id).join(', ')}`);
}
const directory = await mkdtemp(path.join(tmpdir(), 'sena-mutations-'));
process.once('SIGINT', () => {
  void rm(directory, { recursive: true, force: true }).then(() => process.exit(130));
});
const rows: string[] = [];
/** What the same cells have seen of the product as it is, by cells. */
const clean = new Map<string, Seen>();
let isWell = true;
try {
  const control = path.join(directory, 'control');
  await copyCheckout(process.cwd(), control);
  for (const mutation of chosen) {
    try {
      rows.push(await tryMutation(mutation, control));
    } catch (error) {
      // The others are tried all the same.
      isWell = false;
      const why = error instanceof Error ? error.message : String(error);
      console.log(`${mutation.id}: NOT TRIED\n  ${why}`);
      rows.push(`| ${mutation.without} | \`${mutation.run.only}\`, ${mutation.run.kind} | NOT TRIED | – | – |`);
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(
  `\n| without | cells | | what was seen | the same cells with it |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}`,
);
process.exit(isWell ? 0 : 1);

/** Returns its line of the table. Throws when it can't be applied, or the harness breaks. */
async function tryMutation(mutation: Mutation, control: string): Promise<string> {
  const copy = path.join(directory, mutation.id);
  try {
    await copyCheckout(process.cwd(), copy);
    await applyMutation(copy, mutation);
    const key = JSON.stringify(mutation.run);
    const without = clean.get(key) ?? (await runCells(control, mutation));
    clean.set(key, without);
    const seen = await runCells(copy, mutation);
    const isClean = without.violations.length === 0;
    const isCaught = seen.violations.length > 0;
    isWell &&= isClean && isCaught;
    const what = isCaught ? 'caught' : 'NOT CAUGHT';
    console.log(`${mutation.id}: ${what}; control ${isClean ? 'clean' : 'NOT CLEAN'}`);
    for (const line of seen.violations.slice(0, 3)) console.log(`  ${line}`);
    if (!isClean) for (const line of without.violations) console.log(`  control: ${line}`);
    const example = (seen.violations[0] ?? '–').replaceAll('|', '/');
    return `| ${mutation.without} | \`${mutation.run.only}\`, ${mutation.run.kind} | ${what} | ${example} | ${isClean ? 'clean' : 'not clean'} |`;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function runCells(checkout: string, { run }: Mutation): Promise<Seen> {
  const args = [
    ...['--disable-warning=ExperimentalWarning', path.join(checkout, 'tests', 'faults', 'main.ts'), '--lanes', '1'],
    ...['--paired', run.only.startsWith('pair') ? '1' : '0'],
    ...['--backend', 'postgres', '--seed', values.seed, '--only', run.only, '--kind', run.kind],
    ...['--count', String(run.count), '--single'],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (values.verbose) process.stdout.write(text);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      const summary = /^\d+ faults in .*$/m.exec(output)?.[0];
      // It has to have run to its end to have an opinion.
      if (summary === undefined || (code !== 0 && code !== 1)) {
        reject(new Error(`The harness ended with ${code} before it had a result:\n${output.slice(-4_000)}`));
        return;
      }
      const found = output.split('\n').filter((line) => /^ {2}(?!fired:|again:)|^VIOLATION trial \d+: /.test(line));
      resolve({ violations: found.map((line) => line.trim()), summary });
    });
  });
}
