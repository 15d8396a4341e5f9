import { type ScriptedVendor, startScriptedVendor } from '@sena/testing/scripted-vendor';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { completion, piece, type RawVendor, sayPieces, startRawVendor } from './fixtures/raw-vendor.ts';
import { openRouters, type RoutersUnderTest } from './fixtures/router-under-test.ts';

let routers: RoutersUnderTest;
let organization: string;
let vendor: ScriptedVendor | RawVendor | null = null;
beforeAll(async () => {
  routers = await openRouters();
});
afterEach(async () => {
  await vendor?.stop();
  vendor = null;
});
afterAll(async () => {
  await routers?.stop();
});

async function ask(url: string, body: object = {}, signal?: AbortSignal): Promise<Response> {
  organization = await routers.organization();
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await routers.token(organization)}` },
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'why?' }], ...body }),
    signal: signal ?? null,
  });
}

async function errorOf(response: Response): Promise<{ code: string; message: string; type: string }> {
  return ((await response.json()) as { error: { code: string; message: string; type: string } }).error;
}

test.each([false, true])('429, then 500, then success: one answer, one row (stream: %s)', async (stream) => {
  const script = await startScriptedVendor([
    { kind: 'fail', status: 429, message: 'slow down' },
    { kind: 'fail', status: 500, message: 'oops' },
    { kind: 'say', text: 'Because.', usage: { promptTokens: 3, completionTokens: 1 } },
  ]);
  vendor = script;
  const response = await ask(await routers.start({ url: script.url }), { stream });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('Because.');
  expect(script.requests()).toHaveLength(3);
  expect(await routers.calls(organization)).toMatchObject([{ status: 'succeeded', prompt_tokens: 3, error: null }]);
});

test('a vendor that says how long to wait is waited for', async () => {
  const script = await startScriptedVendor([
    { kind: 'fail', status: 429, message: 'slow down', retryAfterSeconds: 1 },
    { kind: 'say', text: 'Because.' },
  ]);
  vendor = script;
  const startedAt = performance.now();
  expect((await ask(await routers.start({ url: script.url }))).status).toBe(200);
  expect(performance.now() - startedAt).toBeGreaterThan(950);
});

test('one that asks for more patience than there is, is not: the caller is told how long', async () => {
  const script = await startScriptedVendor(() => ({
    kind: 'fail',
    status: 429,
    message: 'later',
    retryAfterSeconds: 90,
  }));
  vendor = script;
  const response = await ask(await routers.start({ url: script.url }));
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('90');
  expect(response.headers.get('x-should-retry')).toBe('false');
  expect(await errorOf(response)).toMatchObject({ code: 'rate_limited', type: 'rate_limit_error' });
  expect(script.requests()).toHaveLength(1);
  expect(await routers.calls(organization)).toMatchObject([
    { status: 'failed', error: 'rate_limited, usage_not_reported' },
  ]);
});

test.each([
  [400, 'bad_request', 400, 'request_refused'],
  [401, 'model_unavailable', 503, 'key_refused'],
  [404, 'model_unavailable', 503, 'no_such_model'],
])('HTTP %i of the vendor is not tried again', async (status, code, answered, recorded) => {
  const script = await startScriptedVendor(() => ({
    kind: 'fail',
    status,
    message: 'maximum context length is 8 tokens',
  }));
  vendor = script;
  const response = await ask(await routers.start({ url: script.url }));
  expect(response.status).toBe(answered);
  const error = await errorOf(response);
  expect(error.code).toBe(code);
  expect(error.message.includes('maximum context length')).toBe(status === 400);
  expect(script.requests()).toHaveLength(1);
  expect(await routers.calls(organization)).toMatchObject([
    { status: 'failed', error: `${recorded}, usage_not_reported` },
  ]);
});

test('a vendor that stays broken is given up after the last attempt', async () => {
  const script = await startScriptedVendor(() => ({ kind: 'fail', status: 503, message: 'overloaded' }));
  vendor = script;
  const response = await ask(await routers.start({ url: script.url }), { stream: true });
  expect(response.status).toBe(503);
  expect(await errorOf(response)).toMatchObject({ code: 'model_unavailable', type: 'api_error' });
  expect(script.requests()).toHaveLength(3);
});

test('a vendor that is not there is a sentence that says what to check', async () => {
  vendor = await startRawVendor(() => undefined);
  const { url } = vendor;
  await vendor.stop();
  const response = await ask(await routers.start({ url }));
  expect(response.status).toBe(503);
  expect((await errorOf(response)).message).toContain('SENA_MODEL_URL');
  expect(await routers.calls(organization)).toMatchObject([
    { status: 'failed', error: 'unreachable, usage_not_reported' },
  ]);
});

test('a stream that breaks off before its first token is asked for again', async () => {
  vendor = await startRawVendor((response, _, index) => {
    if (index === 0) {
      sayPieces(response, [piece({ role: 'assistant', content: '' })]);
      setTimeout(() => response.destroy(), 20);
      return;
    }
    sayPieces(response, [piece({ content: 'whole' }), piece({}, 'stop')]);
    response.end('data: [DONE]\n\n');
  });
  const text = await (await ask(await routers.start({ url: vendor.url }), { stream: true })).text();
  expect(text).toContain('whole');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(vendor.asked).toHaveLength(2);
});

const cuts: ReadonlyArray<[string, (response: import('node:http').ServerResponse) => void]> = [
  ['closes the connection', (response) => setTimeout(() => response.destroy(), 20)],
  ['ends without saying why', (response) => response.end()],
  ['says [DONE] without a finish reason', (response) => response.end('data: [DONE]\n\n')],
  ['sends an error event', (response) => response.end('data: {"error":{"message":"out of memory","code":500}}\n\n')],
  ['sends what is no JSON', (response) => response.end('data: {"choices":[{"de\n\n')],
];
test.each(cuts)(
  'a stream that %s after its first token ends with an error, is not repeated, and is recorded as failed',
  async (_, cut) => {
    vendor = await startRawVendor((response) => {
      sayPieces(response, [piece({ content: 'half an ' })]);
      cut(response);
    });
    const text = await (await ask(await routers.start({ url: vendor.url }), { stream: true })).text();
    const events = text.trim().split('\n\n');
    expect(events[0]).toContain('half an ');
    expect(JSON.parse(events.at(-1)?.replace('data: ', '') ?? '')).toMatchObject({
      error: { code: 'model_unavailable', type: 'api_error' },
    });
    expect(text).not.toContain('[DONE]');
    expect(vendor.asked).toHaveLength(1);
    const [call, ...more] = await routers.calls(organization);
    expect(more).toEqual([]);
    expect(call).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/^(cut|bad_answer), usage_not_reported$/),
    });
  },
);

test('a scripted cut is an error, not a silent end', async () => {
  vendor = await startScriptedVendor([
    { kind: 'say', text: 'a long answer that is cut '.repeat(10), cutAfterChunks: 3 },
  ]);
  const text = await (await ask(await routers.start({ url: vendor.url }), { stream: true })).text();
  expect(text).toContain('a long answer');
  expect(text).toContain('"code":"model_unavailable"');
  expect(text).not.toContain('[DONE]');
});

test('what does not speak the format is named, not repeated', async () => {
  vendor = await startRawVendor((response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<html>It works!</html>');
  });
  const response = await ask(await routers.start({ url: vendor.url }));
  expect(response.status).toBe(503);
  expect((await errorOf(response)).message).toContain('does not speak the chat completions format');
  expect(vendor.asked).toHaveLength(1);
});

test.each([false, true])('a vendor that never answers is left after the time limit (stream: %s)', async (stream) => {
  let isClosed = false;
  vendor = await startRawVendor((response) => {
    response.on('close', () => {
      isClosed = true;
    });
    if (stream) sayPieces(response, [piece({ role: 'assistant', content: '' })]);
  });
  const startedAt = performance.now();
  const response = await ask(await routers.start({ url: vendor.url }, { firstTokenMs: 400 }), { stream });
  expect(response.status).toBe(503);
  expect((await errorOf(response)).message).toContain('did not answer in time');
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(await routers.calls(organization)).toMatchObject([
    { status: 'failed', error: 'timed_out, usage_not_reported' },
  ]);
  await vi.waitFor(() => expect(isClosed).toBe(true));
});

test('a stream that falls silent ends with an error', async () => {
  vendor = await startRawVendor((response) => sayPieces(response, [piece({ content: 'and then' })]));
  const text = await (await ask(await routers.start({ url: vendor.url }, { silenceMs: 300 }), { stream: true })).text();
  expect(text).toContain('and then');
  expect(text).toContain('did not answer in time');
});

test.each([
  ['a whole answer', false],
  ['the first token', true],
] as const)(
  'a caller that leaves while %s is awaited ends the call at the vendor, and nothing is tried again',
  async (_, stream) => {
    let isClosed = false;
    vendor = await startRawVendor((response) => {
      response.on('close', () => {
        isClosed = true;
      });
    });
    const url = await routers.start({ url: vendor.url });
    const leaving = new AbortController();
    const asking = ask(url, { stream }, leaving.signal);
    const { asked } = vendor;
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    leaving.abort();
    await expect(asking).rejects.toThrow();
    await vi.waitFor(() => expect(isClosed).toBe(true));
    await vi.waitFor(async () =>
      expect(await routers.calls(organization)).toMatchObject([
        { status: 'failed', error: 'caller_gone, usage_not_reported' },
      ]),
    );
    expect(vendor.asked).toHaveLength(1);
  },
);

test('a caller that leaves amid a stream ends it at the vendor', async () => {
  let isClosed = false;
  vendor = await startRawVendor((response) => {
    const timer = setInterval(() => sayPieces(response, [piece({ content: 'on and on ' })]), 10);
    response.on('close', () => {
      clearInterval(timer);
      isClosed = true;
    });
  });
  const leaving = new AbortController();
  const response = await ask(await routers.start({ url: vendor.url }), { stream: true }, leaving.signal);
  const reader = response.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('on and on');
  leaving.abort();
  await vi.waitFor(() => expect(isClosed).toBe(true));
  await vi.waitFor(async () => expect(await routers.calls(organization)).toMatchObject([{ status: 'failed' }]));
});

test('the answer is given even when its usage can not be recorded', async () => {
  vendor = await startRawVendor((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(completion({ content: 'Because.' })));
  });
  const url = await routers.start({ url: vendor.url });
  // An organization that the database does not know: the row is refused.
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await routers.token('org_unknown')}` },
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'why?' }] }),
  });
  expect(response.status).toBe(200);
});
