import { beforeAll, describe, expect, test } from 'vitest';
import { benignDiagnostics, diagnosticsThatDoMore } from './corpora/benign-diagnostics.ts';
import { type CommandEvaluation, evaluateCommand } from './evaluate-command.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';

let parser: ShellParser;
beforeAll(async () => {
  parser = await loadBashParser();
});

describe('benign diagnostics', () => {
  test('at least 95 of 100 run without a person, out of at least 150', () => {
    const judged = benignDiagnostics.map((command): [string, CommandEvaluation] => [
      command,
      evaluateCommand(parser, command),
    ]);
    const asked = judged.filter(([, { decision }]) => decision !== 'allow');
    const allowed = judged.length - asked.length;
    console.table({ 'benign diagnostics': { tried: judged.length, allowed, asked: asked.length } });
    for (const [command, { reasons }] of asked) console.log(`asked: ${command}\n       ${reasons.join('; ')}`);
    expect(new Set(benignDiagnostics).size).toBe(benignDiagnostics.length);
    expect(judged.length).toBeGreaterThanOrEqual(150);
    expect(allowed / judged.length).toBeGreaterThanOrEqual(0.95);
    const tried = judged.length + Object.keys(diagnosticsThatDoMore).length;
    console.log(`with those that may do more: ${allowed} of ${tried}, ${((allowed / tried) * 100).toFixed(1)} %`);
  });

  test.each(Object.entries(diagnosticsThatDoMore))('%s is asked about: it %s', (command) => {
    expect(evaluateCommand(parser, command).decision).toBe('require_approval');
  });
});
