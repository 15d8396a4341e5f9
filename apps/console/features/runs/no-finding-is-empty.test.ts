// Each finding on the page has its severity and its claim, also where the answer says the same.
import type { Finding } from '@sena/contracts/domain/run';
import type { Run } from '@sena/contracts/http/runs';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { RunAnswer } from './run-answer.tsx';

const findingOf = (id: string, severity: Finding['severity'], claim: string): Finding => ({
  ...{ id, severity, claim, nodes: [{ id: 'node_7', name: 'web-07' }], executionIds: ['exec_1'] },
});

test('a finding that is a sentence of the answer is shown whole', () => {
  const findings = [
    findingOf('1', 'warning', '/ on web-07 is 91% full'),
    findingOf('2', 'critical', 'shop is dead on web-07'),
  ];
  const answer = 'web-07 has 2 problems. shop is dead on web-07.\n- / on web-07 is 91% full.';
  const usage = { models: [], promptTokens: 0, completionTokens: 0 };
  const run = { id: 'run_1', kind: 'ask', answer, findings, planner: 'none', usage, counts: {}, waits: [] };
  const card = createElement(RunAnswer, { run: run as unknown as Run, events: [], onShowExecution: () => undefined });
  const page = renderToStaticMarkup(createElement(QueryClientProvider, { client: new QueryClient() }, card));
  const shown = [...page.matchAll(/<li .*?<\/li>/gs)].map(([item]) => item.replaceAll(/<[^>]*>/g, ' '));
  expect(shown).toHaveLength(findings.length);
  expect(shown[0]).toMatch(/Warning.*\/ on web-07 is 91% full/);
  expect(shown[1]).toMatch(/Critical.*shop is dead on web-07/);
});
