// The first question is asked once in an installation's life; every later start says how to ask instead.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Run } from '@sena/contracts/http/runs';
import { expect, onTestFinished, test } from 'vitest';
import { announce } from './announce.ts';
import { askFirstQuestion, firstQuestion } from './first-question.ts';
import type { LocalFile } from './home/write-local-file.ts';
import { silentReport } from './report/report.ts';
import { createStyle } from './report/style.ts';

const run: Run = {
  ...{ id: 'run_1', kind: 'ask', status: 'succeeded', reason: null, prompt: firstQuestion, command: null },
  ...{ selector: null, planner: 'runbook', answer: 'db-01 is full.', findings: [], approvalId: null },
  counts: { total: 12, exitedZero: 12, exitedNonZero: 0, notStarted: 0, unknown: 0, pending: 0 },
  usage: { modelCalls: 0, promptTokens: 0, completionTokens: 0, models: [] },
  requestedBy: { id: 'user_1', name: 'Olivia Owner', key: null },
  ...{ lastEventSeq: 9, createdAt: '2026-11-27T10:00:00Z', startAt: null, startedAt: '2026-11-27T10:00:00Z' },
  ...{ cancel: null, finishedAt: '2026-11-27T10:00:01Z', waits: [] },
};

/** The API as far as a start needs it; what was asked before is in it. */
async function startApi(before: readonly Run[]): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const what = `${request.method} ${request.url}`;
    requests.push(what);
    const answers: Record<string, unknown> = {
      'GET /v1/runs?limit=1': { items: before, nextCursor: null },
      'POST /v1/runs': { id: run.id, status: 'queued' },
      [`GET /v1/runs/${run.id}`]: run,
    };
    response.writeHead(what in answers ? 200 : 404, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(answers[what] ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

test('where nothing was ever asked it is asked, and answered', async () => {
  const { url, requests } = await startApi([]);
  expect(await askFirstQuestion({ url, apiKey: 'sena_key' })).toEqual(run);
  expect(requests).toEqual(['GET /v1/runs?limit=1', 'POST /v1/runs', 'GET /v1/runs/run_1']);
});

test('where anything was asked before, nothing is', async () => {
  const { url, requests } = await startApi([{ ...run, kind: 'command', command: 'uptime', prompt: null }]);
  expect(await askFirstQuestion({ url, apiKey: 'sena_key' })).toBeNull();
  expect(requests).toEqual(['GET /v1/runs?limit=1']);
});

test('a start that asked nothing says how to ask, in a line to paste; one that did prints the answer', () => {
  const local: LocalFile = {
    ...{ consoleUrl: 'https://sena.example', apiUrl: 'http://localhost:4700', email: 'o@x', password: 'p' },
    ...{ apiKey: 'sena_key', approver: { email: 'a@x', password: 'q', apiKey: 'sena_other' } },
  };
  const say = (asked: Run | null) => {
    const lines: string[] = [];
    announce(
      silentReport((line) => lines.push(line)),
      createStyle(false),
      { local, run: asked, startMs: 1_000 },
    );
    return lines.join('\n');
  };
  const pasted = /^ {2}curl -s http:\/\/localhost:4700\/v1\/runs -H '[^']*sena_key' -H '[^']*' -d '([^']*)'$/m;
  expect(JSON.parse(pasted.exec(say(null))?.[1] ?? '')).toEqual({ kind: 'ask', prompt: firstQuestion });
  const answered = say(run);
  expect(answered).toContain('db-01 is full.');
  expect(answered).not.toMatch(pasted);
});
