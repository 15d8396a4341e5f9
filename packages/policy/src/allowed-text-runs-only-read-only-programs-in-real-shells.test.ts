// What the judge takes a text for is held against what real shells do with it: texts are put together at random, and
// those that may run are run, with stand-ins in the place of programs that write down what they were called with.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowedStatements, shellFragments, standIns } from './corpora/shell-fragments.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';

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
  for (const name of [...standIns.reading, ...standIns.changing]) {
    // One write a call: the programs of a pipe write at the same time.
    const script = `#!/bin/sh\nprintf '%s\\037' ${name} "$@" '\u001e' >> '${calls}'\necho 1\n`;
    writeFileSync(join(programs, name), script, { mode: 0o755 });
  }
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

function expectHarmless(text: string): boolean {
  const { decision, shell } = evaluateCommand(parser, text);
  if (decision !== 'allow') return false;
  for (const { name, argv } of shells) {
    // Text that only bash reads as it was judged runs in bash alone.
    if (shell === 'bash' && name !== 'bash') continue;
    const deed = run(argv, text);
    expect({ text, name, wrong: deed.ran.filter((call) => !isReadOnly(call)), files: deed.files }).toEqual({
      text,
      name,
      wrong: [],
      files: [],
    });
  }
  return true;
}

test.each(shells)('the stand-ins see what $name runs', ({ argv }) => {
  expect(run(argv, 'evil "a b"; ls > f')).toEqual({ ran: [['evil', 'a b'], ['ls']], files: ['f'] });
});

test('random text', { timeout: 3_600_000 }, () => {
  const texts = fc
    .array(fc.constantFrom(...shellFragments), { minLength: 1, maxLength: 12 })
    .map((parts) => parts.join(''));
  let allowed = 0;
  fc.assert(
    fc.property(texts, (text) => {
      if (expectHarmless(text)) allowed += 1;
    }),
    { numRuns: runs },
  );
  console.log(`random text: ${allowed} of ${runs} may run`);
  expect(allowed).toBeGreaterThan(0);
});

test('well-formed text with something put into it', { timeout: 3_600_000 }, () => {
  const statements = fc
    .array(fc.tuple(fc.constantFrom(...allowedStatements), fc.constantFrom('; ', '\n', ' && ', ' | ')), {
      minLength: 1,
      maxLength: 3,
    })
    .map((pairs) => pairs.map(([statement, joint], index) => (index === 0 ? statement : joint + statement)).join(''));
  let allowed = 0;
  fc.assert(
    fc.property(statements, fc.constantFrom('', ...shellFragments), fc.nat(), fc.nat(2), (text, inserted, at, cut) => {
      const place = at % (text.length + 1);
      if (expectHarmless(text.slice(0, place) + inserted + text.slice(place + (inserted === '' ? 0 : cut))))
        allowed += 1;
    }),
    { numRuns: Math.ceil(runs / 5) },
  );
  console.log(`well-formed text: ${allowed} of ${Math.ceil(runs / 5)} may run`);
  expect(allowed).toBeGreaterThan(runs / 50);
});
