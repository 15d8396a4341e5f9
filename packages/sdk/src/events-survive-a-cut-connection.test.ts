// A follower sees every event once and in order, whatever happens to its connections.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Connection, followRun } from './follow-run.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** Serves the handlers in order, one a connection; the last serves all that follow. */
async function serve(...handlers: Handler[]): Promise<{ baseUrl: string; resumedFrom: Array<string | undefined> }> {
  const resumedFrom: Array<string | undefined> = [];
  const server = createServer((request, response) => {
    const handler = handlers[Math.min(resumedFrom.length, handlers.length - 1)];
    resumedFrom.push(request.headers['last-event-id'] as string | undefined);
    handler?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, resumedFrom };
}

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

function note(seq: number): string {
  const event = { seq, at: '2026-01-02T03:04:05.000Z', data: { type: 'run.note', text: `note ${seq} – ünï` } };
  return `id: ${seq}\nevent: run\ndata: ${JSON.stringify(event)}\n\n`;
}

const end = 'event: end\ndata: {}\n\n';

async function collect(events: AsyncGenerator<{ seq: number }>): Promise<number[]> {
  const seqs: number[] = [];
  for await (const event of events) seqs.push(event.seq);
  return seqs;
}

test('a cut connection resumes after the last event, and a repeated event is shown once', async () => {
  const { baseUrl, resumedFrom } = await serve(
    (_, response) => {
      open(response);
      // The third event is cut in its middle: it must come again.
      response.write(note(1) + note(2) + note(3).slice(0, 40), () => setTimeout(() => response.destroy(), 20));
    },
    (_, response) => {
      open(response);
      response.end(`:heartbeat\n\n${note(2)}${note(3)}${note(4)}${end}`);
    },
  );
  const connections: Connection['kind'][] = [];
  const seqs = await collect(
    followRun({ baseUrl, runId: 'run_1', retryMs: 5, onConnection: (connection) => connections.push(connection.kind) }),
  );
  expect(seqs).toEqual([1, 2, 3, 4]);
  expect(resumedFrom).toEqual([undefined, '2']);
  expect(connections).toEqual(['connecting', 'live', 'interrupted', 'connecting', 'live']);
});

test('a silent connection counts as dead', async () => {
  const { baseUrl, resumedFrom } = await serve(
    (_, response) => {
      open(response);
      response.write(note(1));
    },
    (_, response) => {
      open(response);
      response.end(note(2) + end);
    },
  );
  expect(await collect(followRun({ baseUrl, runId: 'run_1', retryMs: 5, silenceMs: 150 }))).toEqual([1, 2]);
  expect(resumedFrom).toEqual([undefined, '1']);
});

test('a gateway that restarts is waited for, a refusal is not', async () => {
  const { baseUrl } = await serve(
    (_, response) => response.writeHead(503).end(),
    (_, response) => {
      open(response);
      response.write(note(1), () => setTimeout(() => response.destroy(), 20));
    },
    (_, response) => {
      const problem = {
        type: 'about:blank',
        title: 'There is nothing with this id',
        status: 404,
        code: 'not_found',
        detail: 'No run has this id.',
        instance: '/v1/runs/run_1/events',
      };
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    },
  );
  const seqs: number[] = [];
  const follow = async () => {
    for await (const event of followRun({ baseUrl, runId: 'run_1', retryMs: 5 })) seqs.push(event.seq);
  };
  await expect(follow()).rejects.toMatchObject({ name: 'ProblemError', code: 'not_found', status: 404 });
  expect(seqs).toEqual([1]);
});

test('bytes that are split anywhere give the same events', async () => {
  const bytes = Buffer.from((note(1) + note(2) + end).replaceAll('\n', '\r\n'));
  const { baseUrl } = await serve((_, response) => {
    open(response);
    let at = 0;
    const push = () => {
      if (at >= bytes.length) return response.end();
      response.write(bytes.subarray(at, at + 7), () => setImmediate(push));
      at += 7;
      return undefined;
    };
    push();
  });
  const texts: string[] = [];
  for await (const event of followRun({ baseUrl, runId: 'run_1', retryMs: 5 })) {
    if (event.data.type === 'run.note') texts.push(event.data.text);
  }
  expect(texts).toEqual(['note 1 – ünï', 'note 2 – ünï']);
});

test('an abort ends the walk quietly', async () => {
  const { baseUrl } = await serve((_, response) => {
    open(response);
    response.write(note(1));
  });
  const stop = new AbortController();
  const seqs: number[] = [];
  for await (const event of followRun({ baseUrl, runId: 'run_1', signal: stop.signal })) {
    seqs.push(event.seq);
    stop.abort();
  }
  expect(seqs).toEqual([1]);
});
