import { expect, test } from 'vitest';
import { findRunbookCode } from './find-runbook-code.ts';
import type { NodeObservation, RunbookReport } from './runbook.ts';

function analyse(slug: string, observations: NodeObservation[], question?: string): RunbookReport {
  const runbook = findRunbookCode(slug);
  if (runbook === null) throw new Error(`no runbook ${slug}`);
  return runbook.analyse(observations, question);
}

function fleet(count: number, step: string, stdoutOf: (index: number) => string): NodeObservation[] {
  return Array.from({ length: count }, (_, index) => ({
    node: { id: `node_${index}`, name: `web-${index}` },
    results: [
      {
        step,
        executionId: `execution-${index}`,
        outcome: 'exited',
        exitCode: 0,
        reason: null,
        stdout: stdoutOf(index),
        stderr: '',
        truncated: false,
      },
    ],
  }));
}

const df = (percent: number, mountPoint: string) =>
  `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 1000000 ${percent * 10_000} ${1_000_000 - percent * 10_000} ${percent}% /\n/dev/vdb1 2000000 ${percent * 20_000} ${2_000_000 - percent * 20_000} ${percent}% ${mountPoint}\n`;

test('ten thousand nodes with the same full disk are one finding that names all of them and shows ten', () => {
  const startedAt = performance.now();
  const report = analyse(
    'disk-space',
    fleet(10_000, 'disk-space', (index) => df(index < 9_000 ? 20 : 97, '/srv')),
  );
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(report.findings).toHaveLength(2);
  const [finding] = report.findings;
  expect(finding?.nodes).toHaveLength(1_000);
  expect(finding?.executionIds).toHaveLength(1_000);
  expect(finding?.claim).toMatch(
    /at least 90% full on 1,000 nodes \(web-9000, web-9001, .* and 990 more\)\. .* is 97% full \(/,
  );
  expect(report.headline).toMatch(
    /^A file system is at least 90% full on 1000 of 10,000 nodes: web-9000 .* and 992 more nodes\.$/,
  );
});

test('thousands of different findings are bounded, and what is left out is counted with its evidence', () => {
  const report = analyse(
    'disk-space',
    fleet(2_000, 'disk-space', (index) => df(99, `/volumes/${index}`)),
  );
  expect(report.findings.length).toBeLessThanOrEqual(40);
  for (const finding of report.findings) expect(finding.claim.length).toBeLessThanOrEqual(2_000);
  expect(report.findings.at(-1)?.claim).toMatch(/^1,9\d\d further findings of the same kind, on 1,9\d\d nodes \(/);
  expect(new Set(report.findings.flatMap((finding) => finding.executionIds)).size).toBe(2_000);
  expect(report.headline.length).toBeLessThan(1_000);
});

test('an inventory names the nodes that differ, not those that are alike', () => {
  const report = analyse(
    'kernel-versions',
    fleet(10_000, 'kernel', (index) => `Linux ${index === 4_711 ? '5.10.0-9' : '6.1.0-18'} x86_64\n`),
  );
  expect(report.headline).toBe('9,999 nodes run Linux 6.1.0-18 (x86_64); Linux 5.10.0-9 (x86_64) on web-4711.');
});

test('who did not answer is part of the headline', () => {
  const observations = fleet(3, 'disk-space', () => df(10, '/srv')).map((observation) =>
    observation.node.name === 'web-2'
      ? {
          ...observation,
          results: observation.results.map((result) => ({
            ...result,
            outcome: 'not_started' as const,
            exitCode: null,
            reason: 'node_unreachable',
            stdout: '',
          })),
        }
      : observation,
  );
  const report = analyse('disk-space', observations);
  expect(report.headline).toBe(
    'No file system is 90% full on any of the 2 nodes that answered; the fullest is / on web-0 with 10%. 1 of 3 nodes did not answer: web-2.',
  );
  expect(report.findings[0]?.executionIds).toEqual(['execution-0', 'execution-1']);
});
