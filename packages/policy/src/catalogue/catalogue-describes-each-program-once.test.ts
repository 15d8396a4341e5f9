import { expect, test } from 'vitest';
import { changingPrograms } from './changing.ts';
import { countDescribed, findChanging, findProgram } from './find-program.ts';
import { programSchema } from './schema.ts';

test('at least 120 programs are described, and the schema refuses what it does not know', () => {
  const { programs, uses } = countDescribed();
  console.log(
    `described: ${programs} programs, ${uses} uses with sub-commands; known to change: ${changingPrograms.flatMap(({ names }) => names).length}`,
  );
  expect(programs).toBeGreaterThanOrEqual(120);
  expect(uses).toBeGreaterThan(programs);
  expect(programSchema.safeParse({ name: 'x', letters: 'a' }).success).toBe(true);
  expect(programSchema.safeParse({ name: 'x', leters: 'a' }).success).toBe(false);
  expect(programSchema.safeParse({ name: 'x', options: { '-o': 'file' } }).success).toBe(false);
  expect(programSchema.safeParse({ name: 'x', subcommands: { list: { rest: 'word' } } }).success).toBe(false);
});

test('interpreters and programs that run others are in the catalogue for their version alone', () => {
  for (const name of ['sh', 'dash', 'eval', 'exec', 'watch', 'strace', 'chroot', 'tee', 'dd', 'su']) {
    expect(findProgram(name)).toBeUndefined();
    expect(findChanging(name)).toBeDefined();
  }
  for (const name of ['bash', 'python3', 'perl', 'node', 'ruby', 'php', 'sudo', 'ssh', 'rsync']) {
    const program = findProgram(name);
    expect(program).toMatchObject({ parsing: 'exact', options: {} });
    expect([program?.operands, program?.wraps, program?.subcommands]).toEqual([undefined, undefined, undefined]);
    expect(program?.requires).toEqual([program?.switches]);
    for (const word of program?.switches ?? []) expect(word).toMatch(/^(--?(version|V+|v|m|ini)|version)$/);
  }
});

test('what runs the command behind it is known by a reader of its own', () => {
  expect(findProgram('xargs')).toMatchObject({ parsing: 'xargs', switches: [], options: {}, safeSwitches: false });
});

test('a version in a name does not hide a changing program', () => {
  expect(findChanging('python3.12')?.effect).toBe('unknown');
  expect(findChanging('mkfs.ext4')).toBeUndefined();
  expect(findChanging('ls')).toBeUndefined();
});

test('no changing program is listed twice with different effects', () => {
  const seen = new Map<string, string>();
  for (const { names, effect } of changingPrograms) {
    for (const name of names) {
      expect([name, seen.get(name) ?? effect]).toEqual([name, effect]);
      seen.set(name, effect);
    }
  }
});
