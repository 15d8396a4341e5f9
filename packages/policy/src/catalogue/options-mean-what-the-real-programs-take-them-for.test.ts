// The catalogue says which options take a value and where options end. A program that sees it otherwise takes an argument for something that was
// never judged. What is installed is asked itself: what getopt says of an option without its value, and of one behind an operand.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findProgram } from './find-program.ts';
import type { Program } from './schema.ts';

/** Programs that only look, are on most machines, and leave their arguments to getopt. */
const names =
  'cat tac head tail nl wc sort uniq cut tr paste join fold fmt expand column grep sed diff cmp comm od hexdump strings sha256sum base64 numfmt stat readlink realpath namei du df file getfacl lsattr seq ls date uname nproc hostname free vmstat pgrep pmap lscpu lsmem lsblk findmnt lslocks lsns lsipc lslogins last id awk mawk gawk xxd chage taskset chrt'.split(
    ' ',
  );
/** Compared with fewer, this test would show nothing. */
const comparedMin = 20;

/** Empty, so that what lists the current directory is soon done. */
const directory = mkdtempSync(join(tmpdir(), 'sena-options-'));
chmodSync(directory, 0o755);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What it says, or undefined where it is not installed. */
function say(name: string, ...words: string[]): string | undefined {
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { error, stdout, stderr } = spawnSync(name, words, {
    cwd: directory,
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', HOME: directory },
    input: '',
    timeout: 2_000,
    encoding: 'utf8',
    ...nobody,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') return undefined;
  return `${stdout}${stderr}`;
}

const lacksValue = /requires an argument|option \S+ lacks argument/i;
const notKnown = /(?:unrecogni[sz]ed|invalid|unknown|illegal) option|not an option/i;
const noOption = '--sena-knows-no-such-option';

const installed = names.flatMap((name): Array<[string, Program]> => {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`The catalogue does not describe ${name}.`);
  const answer = say(name, noOption);
  // Others have a parser of their own, or another version of the program stands under the name.
  return answer !== undefined && notKnown.test(answer) ? [[name, program]] : [];
});

test(`at least ${comparedMin} programs are here to compare with`, () => {
  expect(installed.length).toBeGreaterThanOrEqual(comparedMin);
});

function knows(answer: string | undefined): boolean {
  return answer !== undefined && !notKnown.test(answer) && !/ambiguous|multiple usage/i.test(answer);
}

test.each(installed)('%s takes a value where the catalogue says so, and nowhere else', (name, program) => {
  const disagreeing: string[] = [];
  for (const [option, value] of Object.entries(program.options)) {
    // Versions differ, and it is judged for each.
    if (typeof value === 'object' && 'floating' in value) continue;
    const isNeeded = typeof value !== 'object' || !('optional' in value);
    const answer = say(name, option);
    // What this version does not know, it refuses.
    if (knows(answer) && lacksValue.test(answer ?? '') !== isNeeded)
      disagreeing.push(`${option}: ${answer?.slice(0, 80)}`);
  }
  const letters = program.parsing === 'exact' ? [] : [...program.letters].map((letter) => `-${letter}`);
  for (const option of [...letters, ...program.switches.filter((word) => word.startsWith('-'))]) {
    if (Object.hasOwn(program.options, option)) continue;
    const answer = say(name, option);
    if (knows(answer) && lacksValue.test(answer ?? '')) disagreeing.push(`${option}: ${answer?.slice(0, 80)}`);
  }
  expect(disagreeing).toEqual([]);
});

test.each(installed.filter(([, { parsing }]) => parsing === 'gnu'))(
  '%s looks for options behind its operands too, as the catalogue says',
  (name) => {
    expect(say(name, '/dev/null', noOption)).toMatch(notKnown);
  },
);
