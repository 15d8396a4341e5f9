import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { benignDiagnostics } from './corpora/benign-diagnostics.ts';
import { bypassAttempts } from './corpora/bypass-attempts.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { onlyReadsOrAsks } from './explain/finding.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';

let parser: ShellParser;
let allowed: string[];
beforeAll(async () => {
  parser = await loadBashParser();
  allowed = benignDiagnostics.filter((command) => evaluateCommand(parser, command).decision === 'allow');
});

const changes = ['rm x', 'touch x', 'systemctl stop x', 'cat /etc/shadow', 'sh', 'x > y', 'eval ls', '$y', './ls'];
const attached: Array<(command: string, change: string) => string> = [
  (command, change) => `${command}; ${change}`,
  (command, change) => `${command}\n${change}`,
  (command, change) => `${command} && ${change}`,
  (command, change) => `${command} || ${change}`,
  (command, change) => `${command} | ${change}`,
  (command, change) => `${command} & ${change}`,
  (command, change) => `${change}; ${command}`,
  (command, change) => `${change} | ${command}`,
  (command, change) => `(${change}); ${command}`,
  (command, change) => `if ${change}; then ${command}; fi`,
  (command, change) => `if true; then ${change}; fi; ${command}`,
  (command, change) => `for i in 1; do ${change}; done; ${command}`,
  (command, change) => `echo "$(${change})"; ${command}`,
  (command, change) => `${command}; echo $(echo $(${change}))`,
  (command, change) => `timeout 5 ${change}; ${command}`,
];

test('a change in front, behind or around makes it need approval', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...changes), fc.constantFrom(...attached), (index, change, attach) => {
      const text = attach(allowed[index % allowed.length] ?? '', change);
      expect({ text, decision: evaluateCommand(parser, text).decision }).toEqual({
        text,
        decision: 'require_approval',
      });
    }),
    { numRuns: 2_000 },
  );
});

test('two allowed commands one after the other are allowed', () => {
  const oneLine = allowed.filter((command) => !/[#&]/.test(command) && !command.startsWith('cd '));
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.constantFrom('; ', '\n', ' && '), (first, second, joint) => {
      const text = `${oneLine[first % oneLine.length]}${joint}${oneLine[second % oneLine.length]}`;
      expect({ text, decision: evaluateCommand(parser, text).decision }).toEqual({ text, decision: 'allow' });
    }),
    { numRuns: 300 },
  );
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .constantFrom(...bypassAttempts.map(({ attempt }) => attempt))
    .chain((attempt) =>
      fc
        .tuple(fc.constant(attempt), fc.nat(attempt.length), fc.string({ maxLength: 3 }))
        .map(([text, at, inserted]) => text.slice(0, at) + inserted + text.slice(at)),
    ),
);

test('any text at all gets an answer with reasons, and effects that point into it', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { decision, effects, reasons, shell } = evaluateCommand(parser, text);
      expect(['allow', 'require_approval']).toContain(decision);
      expect(['sh', 'bash']).toContain(shell);
      expect(effects.length).toBeGreaterThan(0);
      expect(reasons.length).toBeGreaterThan(0);
      for (const { start, end } of effects) expect(0 <= start && start <= end && end <= text.length).toBe(true);
      expect(decision === 'allow').toBe(effects.every(onlyReadsOrAsks));
      expect(reasons.join('')).toMatch(/^[\x20-\x7e…]*$/);
      expect(evaluateCommand(parser, text)).toEqual({ decision, effects, reasons, shell });
    }),
    { numRuns: 2_000 },
  );
});
