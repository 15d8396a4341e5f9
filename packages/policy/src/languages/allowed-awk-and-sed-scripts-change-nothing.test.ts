// The readers of awk and sed are held against the programs themselves: scripts are put together at random, and those
// that the readers let pass are run. None may call a program or write a file, whichever implementation reads it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAwk } from './read-awk.ts';
import { readSed } from './read-sed.ts';

const runs = Number(process.env.SENA_POLICY_FUZZ_RUNS ?? '1000');

function installed(candidates: string[][]): string[][] {
  return candidates.filter(([path]) => path !== undefined && existsSync(path));
}

const awks = installed([
  ['/usr/bin/awk'],
  ['/usr/bin/gawk'],
  ['/usr/bin/mawk'],
  ['/usr/bin/original-awk'],
  ['/usr/bin/busybox', 'awk'],
]);
const seds = installed([
  ['/bin/sed', '-n'],
  ['/bin/sed', '-E'],
  ['/usr/bin/busybox', 'sed', '-n'],
]);

let directory: string;
let work: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sena-policy-'));
  chmodSync(directory, 0o755);
  work = join(directory, 'work');
  const programs = join(directory, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'evil'), `#!/bin/sh\n: > '${work}/evil-ran'\n`, { mode: 0o755 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Files that a script leaves behind. */
function traces(argv: readonly string[], script: string): string[] {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  chmodSync(work, 0o777);
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  spawnSync(argv[0] ?? '', [...argv.slice(1), script], {
    cwd: work,
    env: { PATH: join(directory, 'programs') },
    input: 'evil 1 2\na b c\nevil\n',
    timeout: 2_000,
    ...nobody,
  });
  return readdirSync(work);
}

function expectNoTrace(
  interpreters: readonly string[][],
  fragments: readonly string[],
  passes: (script: string) => boolean,
) {
  let passed = 0;
  const scripts = fc
    .array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 9 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(scripts, (script) => {
      // A script that begins with a dash is an option, which the catalogue judges.
      if (script.startsWith('-') || !passes(script)) return;
      passed += 1;
      for (const argv of interpreters) expect([argv, script, traces(argv, script)]).toEqual([argv, script, []]);
    }),
    { numRuns: runs },
  );
  return passed;
}

describe('awk', { timeout: 3_600_000 }, () => {
  const fragments = [
    ...[
      '{',
      '}',
      '(',
      ')',
      ';',
      '\n',
      ' ',
      ' ',
      ',',
      '/',
      '/',
      '"',
      '"',
      '\\',
      '[',
      ']',
      '[/]',
      '[^/]',
      '>',
      '>',
      '>>',
      '|',
      '||',
      '<',
      '=',
      '~',
      '!',
    ],
    ...[
      '$1',
      '$0',
      'NF',
      'x',
      'x',
      '1',
      '2',
      '"f"',
      '"evil"',
      'system("evil")',
      'system',
      'print ',
      'print',
      'printf ',
      'getline',
      '"evil" | getline',
      '> "f"',
      '| "evil"',
    ],
    ...[
      '/a/',
      '/a"/',
      '/=/',
      '/"/',
      'BEGIN',
      'BEGIN{',
      'END{',
      'if(',
      'if (1) ',
      'else ',
      'for(i in x)',
      'length',
      'length/',
      'substr(',
      '++',
      '--',
      '+',
      '-',
      '*',
      '#',
      '#"',
      '$',
      '/x/',
      '{print}',
      '{print $1}',
      'x++',
      '? ',
      ': ',
    ],
  ];

  test('the reference sees a trace', () => {
    expect(awks.length).toBeGreaterThan(0);
    for (const argv of awks)
      expect([argv, traces(argv, 'BEGIN{system("evil"); print > "f"}').sort()]).toEqual([argv, ['evil-ran', 'f']]);
  });

  test('what passes leaves none', () => {
    const passed = expectNoTrace(awks, fragments, (script) => readAwk(script) === undefined);
    console.log(`awk: ${passed} of ${runs} scripts pass`);
    expect(passed).toBeGreaterThan(0);
  });
});

describe('sed', { timeout: 3_600_000 }, () => {
  const fragments = [
    ...[
      'p',
      'd',
      'q',
      '=',
      '{',
      '}',
      ';',
      '\n',
      ' ',
      '!',
      ',',
      '1',
      '2',
      '$',
      '/',
      '/',
      '|',
      '[',
      ']',
      '[/]',
      '[^]/]',
      '\\',
      '\\/',
      '&',
      'x',
      'a',
      'g',
      'I',
      '0~2',
      '1~1',
      '+1',
    ],
    ...[
      's/',
      's|',
      's/e/x/',
      's/e/evil/',
      's/.*/evil/',
      's/e/x/g',
      'y/ab/cd/',
      '/e/',
      '/[/]/',
      'e',
      'e evil',
      'w f',
      'w',
      'W f',
      'r f',
      ':a',
      'ba',
      'ta',
      'b',
      '1e evil',
      '1w f',
      'a text',
      'i\\',
      'c',
      'n',
      'N',
      'h',
      'G',
      'l',
      'F',
      'z',
      '#',
      'w f\n',
      'gw f',
      'ge',
    ],
  ];

  test('the reference sees a trace', () => {
    expect(seds.length).toBeGreaterThan(0);
    for (const argv of seds) expect([argv, traces(argv, 'w f')]).toEqual([argv, ['f']]);
  });

  test('what passes leaves none', () => {
    const passed = expectNoTrace(seds, fragments, (script) => readSed(script) === undefined);
    console.log(`sed: ${passed} of ${runs} scripts pass`);
    expect(passed).toBeGreaterThan(0);
  });
});
