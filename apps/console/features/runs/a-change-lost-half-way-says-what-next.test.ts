// The page of a run whose change was lost on one node half-way: it says what is known, claims neither success nor failure there, stands above
// the answer, and leads to a look at the node, not to a second run of the whole.
import { type Execution, executionPageSchema, type Run, runSchema } from '@sena/contracts/http/runs';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { AppRouterContext } from 'next/dist/shared/lib/app-router-context.shared-runtime';
import { PathnameContext, SearchParamsContext } from 'next/dist/shared/lib/hooks-client-context.shared-runtime';
import { type ContextType, createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { formatMoment } from '../time/format-time.ts';
import { RunPage } from './run-page.tsx';
import { runItselfKey, runKey } from './use-run.ts';

const runId = 'run_1';
const command = 'systemctl restart nginx';
const detail = 'The connection to 10.0.4.17 closed while the command ran.';
const advice =
  'The connection broke after the command was sent. It may or may not have run to its end. Look at the node before you try again.';

const startedAt = '2026-11-27T10:00:02Z';

const run: Run = runSchema.parse({
  ...{ id: runId, kind: 'command', status: 'succeeded', reason: null, prompt: null, command, selector: 'role=web' },
  verdict: '1 of 3 unknown',
  ...{ planner: 'none', answer: 'On 3 nodes:', findings: [], approvalId: null, lastEventSeq: 9 },
  counts: { total: 3, exitedZero: 2, exitedNonZero: 0, notStarted: 0, unknown: 1, pending: 0 },
  usage: { modelCalls: 0, promptTokens: 0, completionTokens: 0, models: [] },
  requestedBy: { id: 'user_1', name: 'Olivia Owner', key: null },
  ...{ createdAt: '2026-11-27T10:00:00Z', startAt: null, startedAt: '2026-11-27T10:00:01Z', cancel: null },
  ...{ finishedAt: '2026-11-27T10:05:00Z', waits: [] },
});

const lost: Execution = {
  ...{ id: 'exec-lost', runId, node: { id: 'node_7', name: 'web-07' }, step: 'command', command },
  ...{ outcome: 'unknown', exitCode: null, signal: null, reason: 'connection_lost', detail, mode: 'plain', advice },
  told: { at: '2026-11-27T10:05:00Z', by: 'satellite:sat_1', auditEventId: 'aud_1' },
  ...{ earlier: null, durationMs: null, stdoutBytes: 1_536, stderrBytes: 0, startedAt },
  ...{ stdoutTruncated: false, stderrTruncated: false, redaction: null },
};

const nowhere = () => undefined;
const router: ContextType<typeof AppRouterContext> = {
  ...{ back: nowhere, forward: nowhere, refresh: nowhere, push: nowhere, replace: nowhere, prefetch: nowhere },
  bfcacheId: '0',
};

/** As the browser has it once everything is loaded. */
function draw(shown: Run, unsettled: readonly Execution[]): string {
  const queryClient = new QueryClient();
  const { items: executions } = executionPageSchema.parse({ items: unsettled, nextCursor: null });
  queryClient.setQueryData(runItselfKey(runId), shown);
  for (const outcome of ['unknown', 'not_started'] as const) {
    const items = executions.filter((execution) => execution.outcome === outcome);
    queryClient.setQueryData([...runKey(runId), 'executions', { outcome, group: null }], {
      pages: [{ items, nextCursor: null }],
      pageParams: [undefined],
    });
  }
  const page = createElement(QueryClientProvider, { client: queryClient }, createElement(RunPage, { runId }));
  const searched = createElement(SearchParamsContext.Provider, { value: new URLSearchParams() }, page);
  const placed = createElement(PathnameContext.Provider, { value: `/runs/${runId}` }, searched);
  return renderToStaticMarkup(createElement(AppRouterContext.Provider, { value: router }, placed));
}

/** What is read on it, in its order. */
function wordsOf(html: string): string {
  return html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
}

function linksOf(html: string): Record<string, string> {
  const links = html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/g);
  return Object.fromEntries(
    [...links].map(([, href, inner]) => [wordsOf(inner ?? '').trim(), (href ?? '').replaceAll('&amp;', '&')]),
  );
}

test('it says what is known and what to do, above the answer', () => {
  const words = wordsOf(draw(run, [lost]));
  for (const said of [
    '1 of 3 unknown',
    'What did not run to an end',
    'it may have run, in whole or in part, or not at all. SENA repeats nothing by itself',
    'web-07 the connection broke after it was sent',
    advice,
    detail,
    `It began ${formatMoment(startedAt)}, 1.5 KiB of its output arrived`,
    'nothing on the node watched it, so that SENA can find out no more',
  ])
    expect(words).toContain(said);
  expect(words.indexOf('What did not run to an end')).toBeLessThan(words.indexOf('On 3 nodes:'));
});

test('it claims neither a success nor a failure of the whole', () => {
  const words = wordsOf(draw(run, [lost]));
  expect(words).not.toMatch(/Succeeded|Failed|Exit \d/);
});

test('it leads to a look at the node; a second run is for that node alone', () => {
  const links = linksOf(draw(run, [lost]));
  expect(links['Look at web-07']).toBe('/?kind=command&command=&selector=name%3Dweb-07');
  expect(links['Run it on web-07 again']).toBe('/?kind=command&command=systemctl+restart+nginx&selector=name%3Dweb-07');
  expect(Object.keys(links).filter((name) => /^(Run|Ask) again$/.test(name))).toEqual([]);
});

test('where nothing is unknown the whole may be run again, and what never began needs no look', () => {
  const settled: Run = { ...run, counts: { ...run.counts, unknown: 0, notStarted: 1 } };
  const links = linksOf(draw(settled, [{ ...lost, outcome: 'not_started', reason: 'node_unreachable' }]));
  expect(links['Run again']).toBe('/?kind=command&command=systemctl+restart+nginx&selector=role%3Dweb');
  expect(links['Look at web-07']).toBeUndefined();
  expect(links['Run it on web-07 again']).toBeDefined();
});
