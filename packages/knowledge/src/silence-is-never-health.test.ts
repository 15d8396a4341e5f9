import { expect, test } from 'vitest';
import { findUnusedAmounts } from './find-unused-amounts.ts';
import { ownRunbooks } from './own-runbooks.ts';
import type { NodeObservation, Runbook, StepResult } from './runbook.ts';

const silences: ReadonlyArray<[string, Partial<StepResult>, RegExp]> = [
  ['was not reached', { outcome: 'not_started', exitCode: null, reason: 'node_unreachable' }, /was not reached$/],
  [
    'has an unknown outcome',
    { outcome: 'unknown', exitCode: null, reason: 'connection_lost' },
    /unknown \(the connection broke after it was sent\)/,
  ],
  [
    'was not reached, and whose satellite says why',
    { outcome: 'not_started', exitCode: null, reason: 'node_unreachable', detail: 'No connection to 10.0.0.3:22.' },
    /was not reached \(No connection to 10\.0\.0\.3:22\)$/,
  ],
  ['ran into the time limit', { exitCode: null, reason: 'timeout' }, /time limit/],
  ['was ended by a signal', { exitCode: null }, /signal/],
  ['has no such program', { exitCode: 127, stderr: 'sh: 1: df: not found\n' }, /df: not found/],
  ['printed nothing', {}, /./],
  ['printed something else', { stdout: '<html>\n<b>502 Bad Gateway</b>\n' }, /./],
  ['printed binary', { stdout: '\u0000\u0007\ufffd\ufffd\n\u001b[31m'.repeat(50) }, /./],
  ['printed more than was kept', { stdout: 'x', truncated: true }, /not complete/],
];

function observation(name: string, runbook: Runbook, change: Partial<StepResult>): NodeObservation {
  return {
    node: { id: `node_${name}`, name },
    results: runbook.commands.map(({ step }) => ({
      step,
      executionId: `${step}@${name}`,
      outcome: 'exited',
      exitCode: 0,
      reason: null,
      stdout: '',
      stderr: '',
      truncated: false,
      ...change,
    })),
  };
}

for (const runbook of ownRunbooks) {
  test.each(silences)(`${runbook.slug}: a node that %s is listed as not answered`, (_, change, why) => {
    const report = runbook.analyse([observation('web-01', runbook, change)], 'is nginx version 1 fine on port 80?');
    expect(report.notAnswered.map((entry) => entry.node.name)).toEqual(['web-01']);
    expect(report.notAnswered[0]?.why).toMatch(why);
    expect(report.findings).toEqual([]);
    expect(report.headline).toMatch(/did not answer|None of the/);
  });

  test(`${runbook.slug}: no node, no claim`, () => {
    const report = runbook.analyse([]);
    expect(report).toEqual({ headline: 'No node was asked, so nothing can be said.', findings: [], notAnswered: [] });
  });

  test(`${runbook.slug}: a node without a result is not answered`, () => {
    const report = runbook.analyse([{ node: { id: 'node_1', name: 'web-01' }, results: [] }]);
    expect(report.notAnswered).toHaveLength(1);
    expect(report.findings).toEqual([]);
  });
}

test.each<[string, string[], string[]]>([
  ['more than 5% full disks?', [], ['5%']],
  ['disks with less than 10 GB, or over 80 percent', [], ['10 GB', '80 percent']],
  ['certificates that expire in 14 days', [], ['14 days']],
  ['is the load of web-07 above 4?', ['web-07'], ['4']],
  ['processes with > 2.5 GiB since 24h', [], ['2.5 GiB', '24h']],
  ['top 5 memory users, top 5 CPU users', [], ['5']],
  // Names, versions and ports are read, or no limits.
  ['is web-07 slow', ['web-07'], []],
  ['who listens on port 8080', [], []],
  ['which nodes run debian 12', [], []],
  ['nodes over 5%', ['5%'], []],
])('%s: what of it no runbook reads is found, so that it can be said', (question, names, amounts) => {
  expect(findUnusedAmounts(question, names)).toEqual(amounts);
});
