import { planStepSchema } from '@sena/contracts/domain/run';
import { evaluateCommand } from '@sena/policy/evaluate-command';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { expect, test } from 'vitest';
import { findRunbookCode } from './find-runbook-code.ts';
import { ownRunbooks } from './own-runbooks.ts';

test.each(ownRunbooks.map((runbook) => [runbook.slug, runbook] as const))(
  '%s runs without approval, in any POSIX shell',
  async (slug, runbook) => {
    const parser = await loadBashParser();
    expect(findRunbookCode(slug)).toBe(runbook);
    expect(runbook.commands.length).toBeGreaterThan(0);
    expect(runbook.questions.length).toBeGreaterThanOrEqual(4);
    expect(new Set(runbook.commands.map(({ step }) => step)).size).toBe(runbook.commands.length);
    for (const { step, title, command } of runbook.commands) {
      expect(planStepSchema.safeParse({ step, title, command, nodeIds: [] }).error).toBeUndefined();
      const { effects, ...evaluation } = evaluateCommand(parser, command);
      expect(evaluation).toMatchObject({ decision: 'allow', shell: 'sh', reasons: expect.anything() });
      // A question to the network waits for a person where no person wrote it.
      expect([...new Set(effects.map(({ kind }) => kind))]).toEqual(['reads']);
    }
  },
);

test('a slug that no runbook has finds none', () => {
  expect(findRunbookCode('phase-of-the-moon')).toBeNull();
});

test('slugs are unique', () => {
  expect(new Set(ownRunbooks.map(({ slug }) => slug)).size).toBe(ownRunbooks.length);
});
