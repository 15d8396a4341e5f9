import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { completion, piece, type RawVendor, sayPieces, startRawVendor } from './fixtures/raw-vendor.ts';
import { openRouters, type RoutersUnderTest } from './fixtures/router-under-test.ts';

let routers: RoutersUnderTest;
let organization: string;
let vendor: RawVendor;
beforeAll(async () => {
  routers = await openRouters();
});
beforeEach(async () => {
  organization = await routers.organization();
});
afterEach(() => vendor.stop());
afterAll(() => routers?.stop());

/** A vendor that has models, as many times asked as `lists` tells. */
async function vendorWith(list: (response: ServerResponse, index: number) => void): Promise<{ lists: () => number }> {
  let lists = 0;
  vendor = await startRawVendor(
    (response, body) => {
      if (body.model === 'gone') return response.writeHead(404).end('{"error":{"message":"model not found"}}');
      if (body.stream === true) {
        sayPieces(response, [piece({ content: 'Yes.' }), piece({}, 'stop')]);
        return response.end('data: [DONE]\n\n');
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify(completion({ content: 'Yes.' })));
    },
    (response) => list(response, lists++),
  );
  return { lists: () => lists };
}

function listed(response: ServerResponse, names: string[] | null): void {
  const data = names?.map((id) => ({ id, object: 'model', owned_by: 'library' })) ?? null;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data }));
}

async function ask(url: string, body: object = {}): Promise<{ status: number; code: string; message: string }> {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await routers.token(organization)}` },
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'ok?' }], ...body }),
  });
  const text = await response.text();
  const { error } = text.startsWith('data: ')
    ? {}
    : (JSON.parse(text) as { error?: { code: string; message: string } });
  return { status: response.status, code: error?.code ?? '', message: error?.message ?? '' };
}

test.each([false, true])(
  'the vendor is asked for its models once, and the first is taken (stream: %s)',
  async (stream) => {
    const { lists } = await vendorWith((response) => listed(response, ['qwen3:14b', 'llama4']));
    const url = await routers.start({ url: vendor.url, name: null });
    expect(lists()).toBe(0);
    const answers = await Promise.all([
      ask(url, { stream }),
      ask(url, { stream, model: 'fast' }),
      ask(url, { stream }),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(vendor.asked.map((body) => body.model)).toEqual(['qwen3:14b', 'qwen3:14b', 'qwen3:14b']);
    expect(lists()).toBe(1);
  },
);

test('an address without a path means /v1 below it', async () => {
  await vendorWith((response) => listed(response, ['qwen3:14b']));
  for (const url of [vendor.url.replace('/v1', ''), vendor.url.replace('/v1', '/'), `${vendor.url}/`]) {
    expect((await ask(await routers.start({ url, name: null }))).status).toBe(200);
  }
  expect(new Set(vendor.paths)).toEqual(new Set(['/v1/models', '/v1/chat/completions']));
});

test('a tier with a name of its own needs no list', async () => {
  const { lists } = await vendorWith((response) => listed(response, ['large']));
  const url = await routers.start({ url: vendor.url, name: null, fast: 'small' });
  expect((await ask(url, { model: 'fast' })).status).toBe(200);
  expect(lists()).toBe(0);
  expect((await ask(url)).status).toBe(200);
  expect(vendor.asked.map((body) => body.model)).toEqual(['small', 'large']);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['an empty list', (response) => listed(response, [])],
  ['null for a list', (response) => listed(response, null)],
  ['404', (response) => response.writeHead(404).end('not here')],
])('%s: the caller is told that there is no model, the row too, and the next call asks again', async (_what, none) => {
  const { lists } = await vendorWith((response, index) => (index === 0 ? none(response) : listed(response, ['late'])));
  const url = await routers.start({ url: vendor.url, name: null });
  expect(await ask(url)).toMatchObject({
    status: 503,
    code: 'model_not_configured',
    message: expect.stringContaining('SENA_MODEL_NAME'),
  });
  expect(await routers.calls(organization)).toMatchObject([
    { status: 'failed', model: 'unknown', error: 'no_model_listed, usage_not_reported' },
  ]);
  expect((await ask(url)).status).toBe(200);
  expect(await routers.calls(organization)).toMatchObject([{}, { status: 'succeeded', error: 'usage_not_reported' }]);
  expect([lists(), vendor.asked.map((body) => body.model)]).toEqual([2, ['late']]);
});

test('a list that is none, is refused or does not come is model_unavailable; the time for it is bounded', async () => {
  await vendorWith((response, index) => {
    if (index === 0) response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome to nginx</h1>');
    else if (index === 1) response.writeHead(401).end('{}');
  });
  const url = await routers.start({ url: vendor.url, name: null }, { listMs: 300 });
  expect(await ask(url)).toMatchObject({
    code: 'model_unavailable',
    message: expect.stringContaining('SENA_MODEL_URL'),
  });
  expect(await ask(url)).toMatchObject({
    code: 'model_unavailable',
    message: expect.stringContaining('SENA_MODEL_KEY'),
  });
  const startedAt = performance.now();
  expect(await ask(url)).toMatchObject({ code: 'model_unavailable', message: expect.stringContaining('in time') });
  expect(performance.now() - startedAt).toBeLessThan(2_500);
  expect(vendor.asked).toEqual([]);
});

test('a vendor that fails while it starts is asked again within the call', async () => {
  const { lists } = await vendorWith((response, index) => {
    if (index === 0) response.writeHead(503).end('{}');
    else listed(response, ['qwen3:14b']);
  });
  expect((await ask(await routers.start({ url: vendor.url, name: null }))).status).toBe(200);
  expect(lists()).toBe(2);
});

test('a listed model that the vendor has no longer is looked for again by the next call', async () => {
  const { lists } = await vendorWith((response, index) => listed(response, [index === 0 ? 'gone' : 'new']));
  const url = await routers.start({ url: vendor.url, name: null });
  expect(await ask(url)).toMatchObject({ code: 'model_unavailable' });
  expect(await routers.calls(organization)).toMatchObject([{ model: 'gone', status: 'failed' }]);
  expect((await ask(url)).status).toBe(200);
  expect([lists(), vendor.asked.map((body) => body.model)]).toEqual([2, ['gone', 'new']]);
});
