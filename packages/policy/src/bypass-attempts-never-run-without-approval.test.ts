import { beforeAll, describe, expect, test } from 'vitest';
import { type BypassAttempt, bypassAttempts } from './corpora/bypass-attempts.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';

let parser: ShellParser;
beforeAll(async () => {
  parser = await loadBashParser();
});

const byTechnique = Map.groupBy(bypassAttempts, ({ technique }) => technique);

describe('bypass attempts', () => {
  test('there are at least 1,000 different ones over at least 30 techniques, and each alters a command that is not one', () => {
    console.table(
      Object.fromEntries([
        ...[...byTechnique].map(([name, tried]) => [name, resultOf(tried)]),
        [`all ${byTechnique.size} techniques`, resultOf(bypassAttempts)],
      ]),
    );
    expect(byTechnique.size).toBeGreaterThanOrEqual(30);
    const attempts = new Set(bypassAttempts.map(({ attempt }) => attempt));
    expect(attempts.size).toBeGreaterThanOrEqual(1_000);
    expect(bypassAttempts.filter(({ control }) => attempts.has(control))).toEqual([]);
  });

  test('what an attempt alters has to do with it: they share a word', () => {
    expect(bypassAttempts.filter(({ control, attempt }) => !shareWord(control, attempt))).toEqual([]);
  });

  test.each([...byTechnique.keys()])('%s: without the alteration each runs, with it none does', (technique) => {
    const tried = byTechnique.get(technique) ?? [];
    const decide = (command: string) => evaluateCommand(parser, command).decision;
    expect(tried.filter(({ control }) => decide(control) !== 'allow')).toEqual([]);
    expect(tried.filter(({ attempt }) => decide(attempt) === 'allow')).toEqual([]);
    for (const { attempt } of tried) expect(evaluateCommand(parser, attempt).reasons.length).toBeGreaterThan(0);
  });
});

/** Of the unaltered commands and of the attempts: how many there are, and how many run by themselves. */
function resultOf(tried: readonly BypassAttempt[]) {
  const controls = [...new Set(tried.map(({ control }) => control))];
  const run = (commands: readonly string[]) =>
    commands.filter((command) => evaluateCommand(parser, command).decision === 'allow').length;
  return {
    ...{ unaltered: controls.length, 'unaltered run': run(controls) },
    ...{ tried: tried.length, run: run(tried.map(({ attempt }) => attempt)) },
  };
}

/** Tricks take words apart: then one is enough that is a part of another. */
function shareWord(control: string, attempt: string): boolean {
  const words = (text: string) => text.match(/[\p{L}\p{N}]+/gu) ?? [];
  const flat = words(attempt).join('').toLowerCase();
  return words(control).some((word) => flat.includes(word.toLowerCase()));
}
