import { createHmac } from 'node:crypto';
import { mintServiceToken } from '@sena/auth/service-token';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool } from '@sena/db/tenant';
import { type ScriptedVendor, startScriptedVendor } from '@sena/testing/scripted-vendor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRouters, type RoutersUnderTest, serviceTokenSecret } from './fixtures/router-under-test.ts';

let routers: RoutersUnderTest;
let vendor: ScriptedVendor;
let url: string;
beforeAll(async () => {
  routers = await openRouters();
  vendor = await startScriptedVendor(
    () => ({ kind: 'say', text: 'Yes.', usage: { promptTokens: 7, completionTokens: 2 } }),
    {
      key: 'the-vendors-key',
    },
  );
  url = await routers.start({ url: vendor.url, key: 'the-vendors-key' });
});
afterAll(async () => {
  await vendor?.stop();
  await routers?.stop();
});

function ask(authorization: string | null, headers: Record<string, string> = {}, path = '/chat/completions') {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === null ? {} : { authorization }),
      ...headers,
    },
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'ok?' }] }),
  });
}

function forge(header: object, claims: object, secret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function tokenTo(to: 'gateway' | 'model-router'): Promise<string> {
  return mintServiceToken({ secret: serviceTokenSecret, service: 'orchestrator', to, organizationId: 'org_1' });
}

const now = Math.floor(Date.now() / 1_000);
const claims = { iss: 'sena', aud: 'sena-model-router', sub: 'orchestrator', org: 'org_1', iat: now, exp: now + 300 };
const hs256 = { alg: 'HS256', typ: 'JWT' };

test.each([
  ['no token', null],
  ['another scheme', 'Basic b3BlcmF0b3I6c2VjcmV0'],
  ['the vendor key', 'Bearer the-vendors-key'],
  ['rubbish', 'Bearer x.y.z'],
  ['a token signed with another secret', `Bearer ${forge(hs256, claims, 'another-secret-that-is-long-enough-too')}`],
  ['a token without a signature', `Bearer ${forge({ alg: 'none' }, claims, '').replace(/[^.]+$/, '')}`],
  ['an expired token', `Bearer ${forge(hs256, { ...claims, iat: now - 900, exp: now - 600 }, serviceTokenSecret)}`],
  [
    'a token that lives too long',
    `Bearer ${forge(hs256, { ...claims, iat: now - 900, exp: now + 9_000 }, serviceTokenSecret)}`,
  ],
  ['a token for the gateway', `Bearer ${await tokenTo('gateway')}`],
  ['a token for every service', `Bearer ${forge(hs256, { ...claims, aud: 'sena-internal' }, serviceTokenSecret)}`],
  ['a token for nobody', `Bearer ${forge(hs256, { ...claims, aud: undefined }, serviceTokenSecret)}`],
  ['a token without an organization', `Bearer ${forge(hs256, { ...claims, org: undefined }, serviceTokenSecret)}`],
])('%s: 401, and the vendor is not asked', async (_, authorization) => {
  const before = vendor.requests().length;
  for (const path of ['/chat/completions', '/%63hat/completions']) {
    const response = await ask(authorization, {}, path);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      error: { code: 'unauthenticated', type: 'authentication_error', param: null },
    });
  }
  const models = await fetch(`${url}/models`, { headers: authorization === null ? {} : { authorization } });
  expect(models.status).toBe(401);
  expect(vendor.requests()).toHaveLength(before);
});

test('the same token for the model router gets in', async () => {
  const authorization = `Bearer ${await tokenTo('model-router')}`;
  expect((await fetch(`${url}/models`, { headers: { authorization } })).status).toBe(200);
  const forged = `Bearer ${forge(hs256, claims, serviceTokenSecret)}`;
  expect((await fetch(`${url}/models`, { headers: { authorization: forged } })).status).toBe(200);
});

test('usage belongs to the organization of the token, whatever else a request says', async () => {
  const [mine, theirs] = [await routers.organization(), await routers.organization()];
  const runId = newId('run');
  const headers = { 'x-sena-run-id': runId, 'x-sena-organization-id': theirs, 'openai-organization': theirs };
  const answers = await Promise.all([
    ...Array.from({ length: 5 }, async () => ask(`Bearer ${await routers.token(mine)}`, headers)),
    ...Array.from({ length: 3 }, async () => ask(`Bearer ${await routers.token(theirs)}`)),
  ]);
  for (const answer of answers) expect(answer.status).toBe(200);
  expect(await routers.calls(mine)).toHaveLength(5);
  expect(await routers.calls(theirs)).toHaveLength(3);
  for (const call of await routers.calls(mine))
    expect(call).toMatchObject({ run_id: runId, prompt_tokens: 7, completion_tokens: 2 });

  // As a service sees it, with row-level security: an organization's usage is its own.
  const pool = openPool(routers.databaseUrl, { max: 1, applicationName: 'test', onError: () => undefined });
  const seen = await inOrganization(pool, mine, async (transaction) => {
    const { rows } = await transaction.query<{ organization_id: string }>('select organization_id from model_calls');
    return rows.map((row) => row.organization_id);
  });
  await pool.end();
  expect(seen).toEqual([mine, mine, mine, mine, mine]);
});

test('the vendor gets its own key, and nothing of SENA', async () => {
  const organization = await routers.organization();
  await ask(`Bearer ${await routers.token(organization)}`, { 'x-sena-run-id': newId('run') });
  const request = vendor.requests().at(-1);
  const sent = JSON.stringify(request);
  expect(sent).not.toContain(organization);
  expect(sent).not.toContain('run_');
  expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith('x-sena'))).toEqual([]);
});
