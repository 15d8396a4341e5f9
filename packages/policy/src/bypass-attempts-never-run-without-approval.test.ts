import { beforeAll, describe, expect, test } from 'vitest';
import { bypassTechniques } from './corpora/bypass-attempts.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';

let parser: ShellParser;
beforeAll(async () => {
  parser = await loadBashParser();
});

describe('bypass attempts', () => {
  test('there are at least 1,000 different ones over at least 30 techniques', () => {
    const attempts = bypassTechniques.flatMap((technique) => technique.attempts);
    console.table(
      Object.fromEntries([
        ...bypassTechniques.map(({ name, attempts: tried }) => [name, { tried: tried.length, ...allowedOf(tried) }]),
        [`all ${bypassTechniques.length} techniques`, { tried: attempts.length, ...allowedOf(attempts) }],
      ]),
    );
    expect(bypassTechniques.length).toBeGreaterThanOrEqual(30);
    expect(new Set(attempts).size).toBeGreaterThanOrEqual(1_000);
  });

  test.each(bypassTechniques)('$name: the control runs, no attempt does', ({ control, attempts }) => {
    expect(evaluateCommand(parser, control)).toMatchObject({ decision: 'allow' });
    expect(attempts.filter((attempt) => evaluateCommand(parser, attempt).decision === 'allow')).toEqual([]);
    for (const attempt of attempts) expect(evaluateCommand(parser, attempt).reasons.length).toBeGreaterThan(0);
  });
});

function allowedOf(attempts: readonly string[]): { allowed: number } {
  return { allowed: attempts.filter((attempt) => evaluateCommand(parser, attempt).decision === 'allow').length };
}
