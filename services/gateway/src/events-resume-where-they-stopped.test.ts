import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { appendRunEvent } from '@sena/runs/events/append-run-event';
import { transitionRun } from '@sena/runs/run/transition-run';
import { openSignals, type Signals } from '@sena/signals/open-signals';
import { eventually } from '@sena/testing/eventually';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let pool: Pool;
let signals: Signals;
const open: Stream[] = [];

interface Stream {
  readonly status: number;
  readonly headers: Headers;
  text: string;
  ended: boolean;
  close(): void;
}

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'viewer'], { streamsPerMember: 3 });
  pool = openPool(gateway.database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  signals = await openSignals({ kind: 'postgres', url: gateway.database.urls.app });
});
afterEach(() => {
  for (const stream of open.splice(0)) stream.close();
});
afterAll(async () => {
  await signals.close();
  await pool.end();
  await gateway.close();
});

async function follow(
  runId: string,
  options: { headers?: Record<string, string>; query?: string } = {},
): Promise<Stream> {
  const abort = new AbortController();
  const answer = await fetch(`${gateway.url}/v1/runs/${runId}/events${options.query ?? ''}`, {
    headers: { authorization: `Bearer ${gateway.ours.members.viewer.apiKey}`, ...options.headers },
    signal: abort.signal,
  });
  const stream: Stream = {
    status: answer.status,
    headers: answer.headers,
    text: '',
    ended: false,
    close: () => abort.abort(),
  };
  open.push(stream);
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) stream.text += decoder.decode(piece, { stream: true });
    stream.ended = true;
  };
  read().catch(() => undefined); // closed by the test
  return stream;
}

async function startRun(): Promise<string> {
  const { json } = await gateway.call('POST', '/v1/runs', { body: { kind: 'ask', prompt: 'why?' } });
  return json.id;
}

/** Appends a note, and rings as the writer of events does. */
async function note(runId: string, text: string, { ring = true } = {}): Promise<number> {
  const seq = await inOrganization(pool, gateway.ours.id, (transaction) =>
    appendRunEvent(transaction, runId, { type: 'run.note', text }),
  );
  if (ring) await signals.ring(gateway.ours.id, 'runEvents', { runId, seq });
  return seq;
}

async function end(runId: string): Promise<void> {
  for (const to of ['running', 'succeeded'] as const) {
    await inOrganization(pool, gateway.ours.id, (transaction) =>
      transitionRun(transaction, { runId, to, actor: 'service:test' }),
    );
  }
  await signals.ring(gateway.ours.id, 'runEvents', { runId, seq: 99 });
}

const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe('a run’s events', () => {
  it('come from the first, then as they happen, until the run has ended', async () => {
    const runId = await startRun();
    const stream = await follow(runId);
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    await eventually('the first event', () => idsOf(stream.text).length === 1);
    expect(stream.text).toMatch(/^retry: \d+\n\n/);
    const [, data = ''] = /id: 1\nevent: run\ndata: (.*)\n\n/.exec(stream.text) ?? [];
    expect(JSON.parse(data)).toMatchObject({ seq: 1, data: { type: 'run.created', kind: 'ask', text: 'why?' } });

    const rungAt = performance.now();
    await note(runId, 'two\nlines');
    await eventually('the note', () => idsOf(stream.text).length === 2);
    expect(performance.now() - rungAt).toBeLessThan(1_000);
    expect(stream.text).toContain('"text":"two\\nlines"');

    await end(runId);
    await eventually('the end', () => stream.ended);
    expect(idsOf(stream.text)).toEqual([1, 2, 3, 4]);
    expect(stream.text).toMatch(/event: end\ndata: \{"seq":4\}\n\n$/);
  });

  it('are nothing to another organization: not one that is open, not one that is asked for again and again', async () => {
    const runId = await startRun();
    const mine = await follow(runId);
    await eventually('the first event', () => idsOf(mine.text).length === 1);
    const authorization = `Bearer ${gateway.theirs.members.owner.apiKey}`;
    const nobodys = await follow(runId.replace(/.{6}$/, '000000'), { headers: { authorization } });
    for (const more of [{}, { headers: { 'last-event-id': '1' } }, { query: '?after=0' }]) {
      const foreign = await follow(runId, { ...more, headers: { ...more.headers, authorization } });
      await note(runId, 'for us alone');
      await eventually('it is over', () => foreign.ended);
      expect(foreign.status).toBe(404);
      expect(foreign.headers.get('content-type')).toContain('application/problem+json');
      expect(foreign.text).not.toContain('for us alone');
      const withoutId = (text: string) => ({ ...JSON.parse(text), instance: '' });
      expect(withoutId(foreign.text)).toEqual(withoutId(nobodys.text));
    }
    await eventually('they are ours', () => idsOf(mine.text).length === 4);
  });

  it('resume after Last-Event-ID, or after the number in the address; the header wins', async () => {
    const runId = await startRun();
    for (const text of ['a', 'b', 'c']) await note(runId, text);
    await end(runId);
    const byHeader = await follow(runId, { headers: { 'last-event-id': '2' }, query: '?after=5' });
    const byQuery = await follow(runId, { query: '?after=4' });
    const beyond = await follow(runId, { query: '?after=1000' });
    await eventually('all ends', () => byHeader.ended && byQuery.ended && beyond.ended);
    expect(idsOf(byHeader.text)).toEqual([3, 4, 5, 6]);
    expect(idsOf(byQuery.text)).toEqual([5, 6]);
    expect(idsOf(beyond.text)).toEqual([]);
  });

  it('come a page at a time when there are many', async () => {
    const runId = await startRun();
    await gateway.admin.query(
      `insert into sena.run_events (organization_id, run_id, seq, data)
       select $1, $2, n, '{"type":"run.note","text":"x"}' from generate_series(2, 1201) n`,
      [gateway.ours.id, runId],
    );
    await gateway.admin.query('update sena.runs set last_event_seq = 1201 where id = $1', [runId]);
    await end(runId);
    const stream = await follow(runId);
    await eventually('the end', () => stream.ended);
    expect(idsOf(stream.text)).toEqual(Array.from({ length: 1_203 }, (_, i) => i + 1));
  });

  it('arrive even when their doorbell is lost', { timeout: 12_000 }, async () => {
    const runId = await startRun();
    const stream = await follow(runId);
    await eventually('the first event', () => idsOf(stream.text).length === 1);
    await note(runId, 'nobody rang', { ring: false });
    await eventually('the note', () => idsOf(stream.text).length === 2, { timeoutMs: 7_000 });
  });

  it('are bounded for each member, and a stream that is closed makes room', async () => {
    const runId = await startRun();
    const streams = [await follow(runId), await follow(runId), await follow(runId)];
    const refused = await follow(runId);
    expect(refused.status).toBe(429);
    await eventually('its problem', () => refused.text.includes('"code":"rate_limited"'));
    streams[0]?.close();
    await eventually('room', async () => {
      const next = await follow(runId);
      next.close();
      return next.status === 200;
    });
  });
});
