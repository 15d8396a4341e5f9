import { expect, test } from 'vitest';
import { redactWhole } from './fixtures/redact-whole.ts';
import { createRedactionRules } from './redact-stream.ts';
import { redactText } from './redact-text.ts';

const token = ['gh', 'p_', 'a1B2'.repeat(9)].join('');

test('a line that @secretlint/core had to see is masked as a whole, and somebody is told; the others leave as ever', async () => {
  const ask = () => Promise.reject(new Error('it is broken'));
  const { shown, spans, unjudged } = await redactWhole(`one\nremote ${token}\ntwo\n`, [], undefined, { ask });
  expect(shown.toString()).toBe(`one\n${'*'.repeat(47)}\ntwo\n`);
  expect(spans).toEqual([{ start: 4, end: 51, rule: 'unjudged' }]);
  expect(unjudged).toMatchObject([{ message: 'it is broken' }]);
});

test('what waits for a decision is let out in order, and more of it has to wait', async () => {
  let decide: () => void = () => undefined;
  const decided = new Promise<void>((resolve) => {
    decide = resolve;
  });
  const out: string[] = [];
  const { createStreamRedactor } = await import('./redact-stream.ts');
  const redactor = createStreamRedactor({
    rules: createRedactionRules(),
    emit: (_raw, shown) => out.push(shown.toString()),
    onUnjudged: (error) => {
      throw error;
    },
    ask: async (lines) => {
      await decided;
      return lines.map(() => []);
    },
  });
  redactor.push(Buffer.from('first\n'));
  redactor.push(Buffer.from(`maybe ${token}\n`));
  redactor.push(Buffer.from('last\n'));
  expect(out).toEqual(['first\n']);
  expect(redactor.isFull()).toBe(false);
  for (let index = 0; index < 20; index += 1) redactor.push(Buffer.from(`${'x'.repeat(32_767)}\n`));
  expect(redactor.isFull()).toBe(true);
  const room = redactor.room();
  decide();
  await room;
  await redactor.finish();
  expect(redactor.isFull()).toBe(false);
  expect(out.slice(0, 3)).toEqual(['first\n', `maybe ${token}\n`, 'last\n']);
  expect(out).toHaveLength(23);
});

test('canaries are found as they are and in base64, at every shift', async () => {
  const canary = 'the blue heron flies';
  const rules = createRedactionRules([canary]);
  for (const before of ['', 'a', 'ab', 'abc']) {
    for (const after of ['', 'y', 'yz']) {
      const encoded = Buffer.from(before + canary + after).toString('base64');
      const { shown, spans } = await redactWhole(`x ${canary} y ${encoded} z\n`, [], rules);
      expect(spans.map(({ rule }) => rule)).toEqual(['canary', 'canary']);
      expect(shown.toString()).not.toContain(encoded.slice(4, -4));
      expect(Buffer.from(shown.toString().split(' ')[3] ?? '', 'base64').toString()).not.toContain('heron');
    }
  }
  expect(() => createRedactionRules(['short'])).toThrow(/8 to 512 characters/);
});

test('a rule that fails masks the line, or refuses the text', async () => {
  const usual = createRedactionRules();
  const rules = { ...usual, rules: usual.rules.map((rule) => ({ ...rule, find: failing })) };
  const { shown, unjudged } = await redactWhole('one\npassword=hunter2x\n', [], rules);
  expect(shown.toString()).toBe(`one\n${'*'.repeat(17)}\n`);
  expect(unjudged.length).toBeGreaterThan(0);
  const refuse = (error: unknown) => {
    throw error;
  };
  await expect(redactText('password=hunter2x', rules, refuse)).rejects.toThrow('it is broken');
});

function failing(): never {
  throw new Error('it is broken');
}
