import { type ScriptedVendor, startScriptedVendor } from '@sena/testing/scripted-vendor';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { parseModelRouterEnv } from './env.ts';
import { openRouters, type RoutersUnderTest, serviceTokenSecret } from './fixtures/router-under-test.ts';
import { readDeployments } from './routing/read-deployments.ts';

let routers: RoutersUnderTest;
let organization: string;
let vendor: ScriptedVendor | null = null;
beforeAll(async () => {
  routers = await openRouters();
  organization = await routers.organization();
});
afterEach(async () => {
  await vendor?.stop();
  vendor = null;
});
afterAll(async () => {
  await routers?.stop();
});

const good = { model: 'smart', messages: [{ role: 'user', content: 'ok?' }] };

async function post(
  url: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; code: string; message: string; param: string | null }> {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await routers.token(organization)}`,
      ...headers,
    },
    body,
  });
  const { error } = (await response.json()) as { error?: { code: string; message: string; param: string | null } };
  return {
    status: response.status,
    code: error?.code ?? '',
    message: error?.message ?? '',
    param: error?.param ?? null,
  };
}

test('wrong, missing and oversized input is refused by name, before the vendor is asked and without a row', async () => {
  vendor = await startScriptedVendor(() => ({ kind: 'say', text: 'Yes.' }));
  const url = await routers.start({ url: vendor.url });
  const cases: ReadonlyArray<[string, string, number, string, string | null]> = [
    ['no JSON', '{', 400, 'bad_request', null],
    ['empty', '', 400, 'bad_request', null],
    ['null', 'null', 422, 'validation_failed', 'body'],
    ['a list', '[]', 422, 'validation_failed', 'body'],
    ['no messages', JSON.stringify({ model: 'smart' }), 422, 'validation_failed', 'messages'],
    ['a vendor model', JSON.stringify({ ...good, model: 'gpt-5' }), 422, 'validation_failed', 'model'],
    ['an unknown field', JSON.stringify({ ...good, logit_bias: {} }), 422, 'validation_failed', 'body'],
    [
      'an unknown role',
      JSON.stringify({ ...good, messages: [{ role: 'root', content: '' }] }),
      422,
      'validation_failed',
      'messages.0.role',
    ],
    [
      'a picture',
      JSON.stringify({
        ...good,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }],
      }),
      422,
      'validation_failed',
      'messages.0.content',
    ],
    ['several answers', JSON.stringify({ ...good, n: 2 }), 422, 'validation_failed', 'n'],
    [
      'a choice without tools',
      JSON.stringify({ ...good, tool_choice: 'required' }),
      422,
      'validation_failed',
      'tool_choice',
    ],
    ['a temperature of 99', JSON.stringify({ ...good, temperature: 99 }), 422, 'validation_failed', 'temperature'],
    [
      'nine megabytes',
      JSON.stringify({ ...good, messages: [{ role: 'user', content: 'x'.repeat(9_000_000) }] }),
      413,
      'payload_too_large',
      null,
    ],
  ];
  for (const [what, body, status, code, param] of cases) {
    expect({ what, ...(await post(url, body)) }).toMatchObject({ what, status, code, param });
  }
  expect(await post(url, JSON.stringify(good), { 'content-type': 'text/plain' })).toMatchObject({
    status: 415,
    code: 'unsupported_media_type',
  });
  expect(await post(url, JSON.stringify(good), { 'x-sena-run-id': "run_' or 1=1" })).toMatchObject({
    status: 422,
    param: 'x-sena-run-id',
  });
  expect(await post(`${url}/nothing`, JSON.stringify(good))).toMatchObject({ status: 404, code: 'not_found' });
  expect(vendor.requests()).toEqual([]);
  expect(await routers.calls(organization)).toEqual([]);
});

test('without a configured model every call says so, and the router is ready all the same', async () => {
  const url = await routers.start({});
  expect(await post(url, JSON.stringify(good))).toMatchObject({
    status: 503,
    code: 'model_not_configured',
    message: expect.stringContaining('SENA_MODEL_URL'),
  });
  expect(await models(url)).toEqual([]);
  expect((await fetch(url.replace('/v1', '/readyz'))).status).toBe(200);
  expect((await fetch(url.replace('/v1', '/healthz'))).status).toBe(200);
  expect(await routers.calls(organization)).toEqual([]);
});

async function models(url: string): Promise<string[]> {
  const response = await fetch(`${url}/models`, {
    headers: { authorization: `Bearer ${await routers.token(organization)}` },
  });
  return ((await response.json()) as { data: Array<{ id: string }> }).data.map((model) => model.id);
}

test('each tier goes to its own model', async () => {
  vendor = await startScriptedVendor(() => ({ kind: 'say', text: 'Yes.' }));
  const url = await routers.start({ url: vendor.url, name: 'large', fast: 'small' });
  for (const model of ['fast', 'smart', 'private'])
    expect((await post(url, JSON.stringify({ ...good, model }))).status).toBe(200);
  expect(vendor.requests().map(({ body }) => body.model)).toEqual(['small', 'large', 'large']);
  expect(await models(url)).toEqual(['fast', 'smart', 'private']);
});

test('what is private goes nowhere that is not known to keep it inside', async () => {
  vendor = await startScriptedVendor(() => ({ kind: 'say', text: 'Yes.' }));
  const url = await routers.start({ url: vendor.url, private: '0' });
  expect(await post(url, JSON.stringify({ ...good, model: 'private' }))).toMatchObject({
    status: 503,
    code: 'model_not_configured',
    message: expect.stringContaining('SENA_MODEL_PRIVATE'),
  });
  expect(vendor.requests()).toEqual([]);
  expect(await models(url)).toEqual(['fast', 'smart']);

  const inside = (SENA_MODEL_URL: string, SENA_MODEL_PRIVATE?: '0' | '1') =>
    readDeployments(
      {
        SENA_MODEL_URL,
        SENA_MODEL_NAME: 'm',
        SENA_MODEL_NAME_FAST: undefined,
        SENA_MODEL_KEY: undefined,
        SENA_MODEL_PRIVATE,
      },
      { listMs: 1_000, onFound: () => undefined },
    )[0]?.keepsDataInside;
  expect(inside('http://127.0.0.1:11434/v1')).toBe(true);
  expect(inside('http://localhost:8000/v1')).toBe(true);
  expect(inside('https://api.openai.com/v1')).toBe(false);
  expect(inside('http://127.0.0.1.example.com/v1')).toBe(false);
  expect(inside('http://10.0.0.5:8000/v1')).toBe(false);
  expect(inside('http://10.0.0.5:8000/v1', '1')).toBe(true);
});

test('an environment that can not work names every wrong variable and shows no value', () => {
  const environment = { PORT: '1', DATABASE_URL: 'postgresql://x', SERVICE_TOKEN_SECRET: serviceTokenSecret };
  expect(() => parseModelRouterEnv({ ...environment, SENA_MODEL_URL: 'ftp://hunter2' })).toThrow(
    /SENA_MODEL_URL: must be an http/,
  );
  expect(() => parseModelRouterEnv({ ...environment, SENA_MODEL_URL: 'ftp://hunter2' })).not.toThrow(/hunter2/);
  expect(() => parseModelRouterEnv({ ...environment, SERVICE_TOKEN_SECRET: 'short' })).toThrow(
    /SERVICE_TOKEN_SECRET: must have/,
  );
});
