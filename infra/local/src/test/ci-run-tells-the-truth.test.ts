// .ci/run is run as it is, in a copy of the few files it needs, with an npm that does what the test says.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const repository = join(import.meta.dirname, '../../../..');
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'sena-test-ci-'));
  for (const file of ['.ci/run', 'infra/local/src/test/print-totals.mjs', 'infra/local/src/test/read-totals.mjs']) {
    cpSync(join(repository, file), join(copy, file));
  }
  mkdirSync(join(copy, 'reports'));
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** `npm test` writes this report, if any, and ends with this code. */
function ciRun(npm: { report?: object; code: number }): { code: number | null; lines: string[] } {
  const bin = join(copy, 'bin');
  mkdirSync(bin);
  const report = npm.report ? `cat > reports/vitest.json <<'EOF'\n${JSON.stringify(npm.report)}\nEOF` : '';
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "output of $*"\n${report}\nexit ${npm.code}\n`, { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync('bash', ['.ci/run'], {
    cwd: copy,
    env: { PATH: `${bin}:${process.env.PATH}`, CI: 'true' },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { code: status, lines: `${stderr}${stdout}`.trimEnd().split('\n') };
}

function reportOf(...files: Array<{ status: string; tests: string[] }>): object {
  return {
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((state) => ({ status: state })),
    })),
  };
}

test('all passed: the last line says how many, and the code is 0', () => {
  const { code, lines } = ciRun({ code: 0, report: reportOf({ status: 'passed', tests: ['passed', 'passed'] }) });
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe('2 passed, 0 failed');
  expect(lines[0]).toBe('output of test');
});

test('a failed test is counted, even when npm test says that all is well', () => {
  const { code, lines } = ciRun({ code: 0, report: reportOf({ status: 'failed', tests: ['passed', 'failed'] }) });
  expect(code).not.toBe(0);
  expect(lines.at(-1)).toBe('1 passed, 1 failed');
});

test('a file that could not be loaded is a failure', () => {
  const { code, lines } = ciRun({
    code: 1,
    report: reportOf({ status: 'passed', tests: ['passed'] }, { status: 'failed', tests: [] }),
  });
  expect(code).not.toBe(0);
  expect(lines.at(-1)).toBe('1 passed, 1 failed');
});

test.each(['skipped', 'pending', 'todo'])('a test that is %s fails the run', (state) => {
  const { code, lines } = ciRun({ code: 0, report: reportOf({ status: 'passed', tests: ['passed', state] }) });
  expect(code).not.toBe(0);
  expect(lines.slice(-2)).toEqual(['1 skipped: a skipped test is a failure here.', '1 passed, 0 failed']);
});

test('a check that failed before or beside the tests fails the run', () => {
  const { code, lines } = ciRun({ code: 1, report: reportOf({ status: 'passed', tests: ['passed'] }) });
  expect(code).toBe(1);
  expect(lines.at(-1)).toBe('1 passed, 0 failed');
});

test('without a report nothing has passed, whatever the code; one from before does not count', () => {
  writeFileSync(join(copy, 'reports/vitest.json'), JSON.stringify(reportOf({ status: 'passed', tests: ['passed'] })));
  const { code, lines } = ciRun({ code: 0 });
  expect(code).not.toBe(0);
  expect(lines.join('\n')).toContain('There is no test report in reports/vitest.json');
  expect(lines.join('\n')).not.toContain('1 passed');
});

test('a run without any test fails', () => {
  const { code, lines } = ciRun({ code: 0, report: reportOf() });
  expect(code).not.toBe(0);
  expect(lines.at(-1)).toBe('0 passed, 0 failed');
});
