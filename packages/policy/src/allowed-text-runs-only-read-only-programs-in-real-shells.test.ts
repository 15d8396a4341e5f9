// What the judge takes a text for is held against what real shells do with it: texts are put together at random, and
// those that may run are run, with stand-ins in the place of programs that write down what they were called with.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  allowedStatements,
  askingStatements,
  changingStatements,
  realPrograms,
  shellFragments,
  standIns,
} from './corpora/shell-fragments.ts';
import { evaluateCommand } from './evaluate-command.ts';
import type { JudgedEffect } from './explain/finding.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';
import { guardedEffects } from './rules/cedar-schema.ts';

const shells = [
  { name: 'dash', argv: ['/bin/dash'] },
  { name: 'bash', argv: ['/bin/bash'] },
  { name: 'bash as sh', argv: ['/bin/bash', '--posix'] },
  { name: 'busybox ash', argv: ['/bin/busybox', 'ash'] },
] as const;

const runs = Number(process.env.SENA_POLICY_FUZZ_RUNS ?? '2000');

let parser: ShellParser;
let directory: string;
let programs: string;
let work: string;
let calls: string;

beforeAll(async () => {
  parser = await loadBashParser();
  directory = mkdtempSync(join(tmpdir(), 'sena-policy-'));
  programs = join(directory, 'programs');
  work = join(directory, 'work');
  calls = join(directory, 'calls');
  mkdirSync(programs);
  for (const name of [...standIns.reading, ...standIns.changing, ...standIns.asking]) {
    // One write a call: the programs of a pipe write at the same time.
    const script = `#!/bin/sh\nprintf '%s\\037' ${name} "$@" '\u001e' >> '${calls}'\necho 1\n`;
    writeFileSync(join(programs, name), script, { mode: 0o755 });
  }
  for (const name of realPrograms) symlinkSync(`/usr/bin/${name}`, join(programs, name));
  writeFileSync(calls, '');
  chmodSync(directory, 0o755);
  chmodSync(calls, 0o666);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Deed {
  ran: string[][];
  files: string[];
}

function run(argv: readonly string[], text: string): Deed {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  chmodSync(work, 0o777);
  writeFileSync(calls, '');
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { error } = spawnSync(argv[0] ?? '', [...argv.slice(1), '-c', text], {
    cwd: work,
    env: { PATH: programs },
    input: 'evil\n-o f\n',
    timeout: 5_000,
    ...nobody,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new Error(`${argv[0]} is not installed. On Debian npm test installs it as root.`, { cause: error });
  }
  const ran = readFileSync(calls, 'utf8')
    .split('\x1e\x1f')
    .filter((call) => call !== '');
  return { ran: ran.map((call) => call.split('\x1f').slice(0, -1)), files: readdirSync(work) };
}

function isReadOnly([name = '', ...words]: string[]): boolean {
  if (!standIns.reading.includes(name)) return false;
  const operands = words.filter((word) => !word.startsWith('-'));
  if (name === 'sort') return !words.some((word) => word.startsWith('-o'));
  if (name === 'uniq') return operands.length < 2;
  return name !== 'hostname' || operands.length === 0;
}

type Judged = 'may run' | 'may be permitted' | 'never alone';

function expectHarmless(text: string): Judged {
  const { decision, effects, shell } = evaluateCommand(parser, text);
  // What rules may let run without a person, at the most generous.
  const isPermissible = effects.every(
    ({ call, kind }) => call.understood && !guardedEffects.some((guarded) => guarded === kind),
  );
  if (decision === 'allow') expect({ text, isPermissible }).toEqual({ text, isPermissible: true });
  if (!isPermissible) return 'never alone';
  // Of what may run: the questions to the network, each by the words that are written out.
  const told = effects.filter(({ kind }) => kind !== 'reads');
  if (decision === 'allow')
    expect({ text, unnamed: told.filter(({ call }) => call.operands === undefined) }).toEqual({ text, unnamed: [] });
  for (const { name, argv } of shells) {
    // Text that only bash reads as it was judged runs in bash alone.
    if (shell === 'bash' && name !== 'bash') continue;
    const deed = run(argv, text);
    const wrong = deed.ran.filter((call) => !isReadOnly(call) && !isTold(call, told));
    expect({ text, name, wrong, files: deed.files }).toEqual({ text, name, wrong: [], files: [] });
  }
  return decision === 'allow' ? 'may run' : 'may be permitted';
}

/** Some effect names the program, and what it was applied to. */
function isTold([name = '', ...words]: string[], told: readonly JudgedEffect[]): boolean {
  const operands = words.filter((word) => !word.startsWith('-'));
  return told.some(
    ({ call }) =>
      call.program === name &&
      (call.operands === undefined || operands.every((operand) => call.operands?.includes(operand))),
  );
}

test.each(shells)('the stand-ins see what $name runs', ({ argv }) => {
  expect(run(argv, 'evil "a b"; ls > f')).toEqual({ ran: [['evil', 'a b'], ['ls']], files: ['f'] });
});

function counter(): { count: (judged: Judged) => void; counts: Record<Judged, number> } {
  const counts: Record<Judged, number> = { 'may run': 0, 'may be permitted': 0, 'never alone': 0 };
  return {
    counts,
    count: (judged) => {
      counts[judged] += 1;
    },
  };
}

test('random text', { timeout: 3_600_000 }, () => {
  const texts = fc
    .array(fc.constantFrom(...shellFragments), { minLength: 1, maxLength: 12 })
    .map((parts) => parts.join(''));
  const { counts, count } = counter();
  fc.assert(
    fc.property(texts, (text) => count(expectHarmless(text))),
    { numRuns: runs },
  );
  console.log('random text:', counts);
  expect(counts['may run']).toBeGreaterThan(0);
});

const joints = ['; ', '\n', ' && ', ' | '] as const;

test.each([
  ['well-formed text', allowedStatements, 'may run'],
  ['text that asks the network', [...askingStatements, ...allowedStatements], 'may run'],
  ['text that changes something', [...changingStatements, ...allowedStatements.slice(0, 4)], 'may be permitted'],
] as const)('%s with something put into it', { timeout: 3_600_000 }, (what, statements, expected) => {
  const texts = fc
    .array(fc.tuple(fc.constantFrom(...statements), fc.constantFrom(...joints)), { minLength: 1, maxLength: 3 })
    .map((pairs) => pairs.map(([statement, joint], index) => (index === 0 ? statement : joint + statement)).join(''));
  const { counts, count } = counter();
  fc.assert(
    fc.property(texts, fc.constantFrom('', ...shellFragments), fc.nat(), fc.nat(2), (text, inserted, at, cut) => {
      const place = at % (text.length + 1);
      count(expectHarmless(text.slice(0, place) + inserted + text.slice(place + (inserted === '' ? 0 : cut))));
    }),
    { numRuns: Math.ceil(runs / 4) },
  );
  console.log(`${what}:`, counts);
  expect(counts[expected]).toBeGreaterThan(runs / 50);
});
