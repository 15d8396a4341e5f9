import type { Role } from '@sena/contracts/domain/principal';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticateRequest } from './authenticate-request.ts';
import { openAuth, type SenaAuth } from './open-auth.ts';
import { type SeededMember, seedMember } from './seed-member.ts';
import { mintServiceToken } from './service-token.ts';
import { openSignInLimit } from './sign-in-limit.ts';

const secret = 'a secret for tests that is long enough';
const publicUrl = 'http://localhost:4700';
let database: TestDatabase;
let auth: SenaAuth;
let admin: pg.Client;

const seed = (changes: Partial<SeededMember> = {}) =>
  seedMember({
    authUrl: database.urls.identity,
    authSecret: secret,
    publicUrl,
    organizationName: 'Northwind',
    email: 'Ada@northwind.test',
    name: 'Ada',
    password: 'correct horse battery',
    role: 'owner',
    ...changes,
  });

const signIn = (email: string, password: string, address = '192.0.2.1') =>
  auth.handler(
    new Request(`${publicUrl}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ email, password }),
    }),
  );

const cookieOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  auth = openAuth({
    authUrl: database.urls.identity,
    authSecret: secret,
    serviceTokenSecret: secret,
    publicUrl,
    onLog: () => undefined,
  });
});
afterAll(async () => {
  await auth.close();
  await admin.end();
  await database.drop();
});

describe('a seeded member', () => {
  it('is the same one at every start, with the key that was issued first', async () => {
    const first = await seed();
    expect(first.organizationId).toMatch(/^org_/);
    expect(first.userId).toMatch(/^user_/);
    expect(first.apiKey).toMatch(/^sena_.{40,}/);
    const again = await seed({ apiKey: first.apiKey });
    expect(again).toEqual(first);
  });

  it('gets a new key when the old one is not theirs or does not work', async () => {
    const first = await seed();
    const other = await seed({ email: 'bo@northwind.test', name: 'Bo', apiKey: first.apiKey });
    expect(other.apiKey).not.toBe(first.apiKey);
    const lost = await seed({ apiKey: 'sena_no_such_key' });
    expect(await ask({ authorization: `Bearer ${lost.apiKey}` })).toMatchObject({ kind: 'member' });
  });

  it('has the role and the password of the last seed', async () => {
    const { apiKey } = await seed({ email: 'cy@northwind.test', role: 'viewer' });
    await seed({ email: 'cy@northwind.test', role: 'approver', password: 'another long password' });
    expect(await ask({ authorization: `Bearer ${apiKey}` })).toMatchObject({ member: { role: 'approver' } });
    expect((await signIn('cy@northwind.test', 'another long password')).status).toBe(200);
    expect((await signIn('cy@northwind.test', 'correct horse battery')).status).toBe(401);
  });

  it('appears in the organization’s own table, by trigger', async () => {
    const { organizationId } = await seed();
    const found = await admin.query('select name from sena.organizations where organization_id = $1', [organizationId]);
    expect(found.rows).toEqual([{ name: 'Northwind' }]);
  });
});

describe('an API key', () => {
  it('names its member', async () => {
    const { apiKey, userId, organizationId } = await seed();
    expect(await ask({ authorization: `Bearer ${apiKey}` })).toEqual({
      kind: 'member',
      member: {
        kind: 'member',
        userId,
        organizationId,
        email: 'ada@northwind.test',
        name: 'Ada',
        role: 'owner',
        scope: null,
        by: 'api_key',
        credentialId: expect.stringMatching(/^key_/),
        key: { id: expect.stringMatching(/^key_/), name: 'seeded' },
        keyPermissions: null,
      },
    });
  });

  it('is stored as a hash only', async () => {
    const { apiKey } = await seed({ email: 'hash@northwind.test' });
    const rows = await admin.query('select row_to_json(k)::text as row from identity.apikey k');
    expect(JSON.stringify(rows.rows)).not.toContain(apiKey);
    expect(JSON.stringify(rows.rows)).not.toContain(apiKey.slice(5));
  });

  it.each([
    ['forged', () => Promise.resolve(), (key: string) => `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`],
    ['expired', (id: string) => admin.query(`update identity.apikey set "expiresAt" = now() where id = $1`, [id])],
    ['disabled', (id: string) => admin.query('update identity.apikey set enabled = false where id = $1', [id])],
    [
      'of a former member',
      (id: string) =>
        admin.query(
          `delete from identity."member" where "userId" = (select "referenceId" from identity.apikey where id = $1)`,
          [id],
        ),
    ],
    [
      'bound to another organization',
      (id: string) =>
        admin.query(`update identity.apikey set metadata = '{"organizationId":"org_other"}' where id = $1`, [id]),
    ],
  ] as const)('that is %s is worth nothing', async (_name, spoil, change = (key: string) => key) => {
    const { apiKey, userId } = await seed({ email: `${crypto.randomUUID()}@northwind.test` });
    const id = (await admin.query('select id from identity.apikey where "referenceId" = $1', [userId])).rows[0].id;
    await spoil(id);
    const asked = await ask({ authorization: `Bearer ${change(apiKey)}` });
    expect(asked).toMatchObject({ kind: 'nobody', tried: true });
    expect(JSON.stringify(asked)).not.toContain(apiKey.slice(5, 20));
  });

  it.each(['', 'Basic abc', 'Bearer', 'Bearer sena_\u0000', `Bearer ${'x'.repeat(5_000)}`, 'Bearer a.b.c'])(
    'is not %j',
    async (authorization) => {
      expect(await ask({ authorization })).toMatchObject({ kind: 'nobody', tried: true });
    },
  );
});

describe('a session', () => {
  it('names its member until it is signed out', async () => {
    const { userId, organizationId } = await seed();
    const cookie = cookieOf(await signIn('ada@northwind.test', 'correct horse battery'));
    expect(await ask({ cookie })).toMatchObject({ member: { userId, organizationId, role: 'owner', by: 'session' } });
    await auth.handler(
      new Request(`${publicUrl}/api/auth/sign-out`, { method: 'POST', headers: { cookie, origin: publicUrl } }),
    );
    expect(await ask({ cookie })).toMatchObject({ kind: 'nobody', tried: true });
  });

  it('is not believed with another signature, after its end, or beside a wrong key', async () => {
    await seed();
    const cookie = cookieOf(await signIn('ada@northwind.test', 'correct horse battery'));
    expect(await ask({ cookie: cookie.replace(/.%3D|.$/, 'A') })).toMatchObject({ kind: 'nobody' });
    expect(await ask({ cookie, authorization: 'Bearer sena_wrong' })).toMatchObject({ kind: 'nobody' });
    await admin.query(`update identity.session set "expiresAt" = now() - interval '1 second'`);
    expect(await ask({ cookie })).toMatchObject({ kind: 'nobody' });
  });

  it('is not signed out from another site', async () => {
    await seed();
    const cookie = cookieOf(await signIn('ada@northwind.test', 'correct horse battery'));
    const answer = await auth.handler(
      new Request(`${publicUrl}/api/auth/sign-out`, {
        method: 'POST',
        headers: { cookie, origin: 'https://evil.test' },
      }),
    );
    expect(answer.status).toBe(403);
    expect(await ask({ cookie })).toMatchObject({ kind: 'member' });
  });

  it('is not to be had by signing up', async () => {
    const answer = await auth.handler(
      new Request(`${publicUrl}/api/auth/sign-up/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'new@northwind.test', password: 'correct horse battery', name: 'New' }),
      }),
    );
    expect(answer.status).toBe(400);
    expect((await admin.query(`select 1 from identity."user" where email = 'new@northwind.test'`)).rowCount).toBe(0);
  });
});

describe('guessing a password', () => {
  it('ends after ten wrong ones, also for the right one, and only for that address of e-mail', async () => {
    await seed({ email: 'guess@northwind.test' });
    await seed({ email: 'other@northwind.test' });
    for (let i = 0; i < 10; i++) expect((await signIn('guess@northwind.test', `wrong ${i}`)).status).toBe(401);
    const blocked = await signIn('guess@northwind.test', 'correct horse battery');
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await signIn('Guess@northwind.test ', 'correct horse battery', '192.0.2.9')).status).toBe(429);
    expect((await signIn('other@northwind.test', 'correct horse battery')).status).toBe(200);
    await admin.query(`update identity.sign_in_failures set at = now() - interval '16 minutes'`);
    expect((await signIn('guess@northwind.test', 'correct horse battery')).status).toBe(200);
  });
});

describe('a sign-in that could not be judged', () => {
  it('is no guess: the right password is not locked out by it', async () => {
    await seed({ email: 'unjudged@northwind.test' });
    const broken = openSignInLimit(auth.pool);
    const request = () =>
      new Request(`${publicUrl}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'x-forwarded-for': '192.0.2.77' },
        body: JSON.stringify({ email: 'unjudged@northwind.test', password: 'correct horse battery' }),
      });
    const away = () => Promise.reject(new Error('the database is away'));
    for (let i = 0; i < 10; i++) await expect(broken(request(), away)).rejects.toThrow('the database is away');
    expect((await signIn('unjudged@northwind.test', 'correct horse battery')).status).toBe(200);
  });
});

describe('guessing in parallel', () => {
  it('is judged ten times, however many come at once', async () => {
    await seed({ email: 'parallel@northwind.test' });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => signIn('parallel@northwind.test', `wrong ${i}`, `198.51.100.${i}`)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(90);
    expect((await signIn('parallel@northwind.test', 'correct horse battery')).status).toBe(429);
  }, 120_000);

  it('does not begin anew with the right password in between, and right ones are no guesses', async () => {
    await seed({ email: 'between@northwind.test' });
    const right = () => signIn('between@northwind.test', 'correct horse battery', '203.0.113.7');
    for (let i = 0; i < 9; i++) expect((await signIn('between@northwind.test', `wrong ${i}`)).status).toBe(401);
    for (let i = 0; i < 3; i++) expect((await right()).status).toBe(200);
    expect((await signIn('between@northwind.test', 'wrong again')).status).toBe(401);
    expect((await right()).status).toBe(429);
  }, 60_000);
});

describe('a service token', () => {
  const mint = (changes: Partial<Parameters<typeof mintServiceToken>[0]>) =>
    mintServiceToken({ secret, service: 'slack-bot', to: 'gateway', organizationId: 'org_x', ...changes });

  it('acts as the member it names, with that member’s role', async () => {
    const { userId, organizationId } = await seed({ email: 'v@northwind.test', role: 'viewer' });
    const token = await mint({ organizationId, actingMember: userId });
    expect(await ask({ authorization: `Bearer ${token}` })).toMatchObject({
      member: { userId, role: 'viewer', by: 'service_token' },
    });
  });

  it('for another service is refused by the gateway', async () => {
    const { userId, organizationId } = await seed();
    const token = await mint({ organizationId, actingMember: userId, to: 'model-router' });
    expect(await ask({ authorization: `Bearer ${token}` })).toMatchObject({
      kind: 'nobody',
      tried: true,
      why: expect.stringContaining('"aud"'),
    });
  });

  it('is one spelling: the same bytes written otherwise are refused', async () => {
    const { userId, organizationId } = await seed();
    const token = await mint({ organizationId, actingMember: userId });
    expect(await ask({ authorization: `Bearer ${token}` })).toMatchObject({ kind: 'member' });
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // A signature of 32 bytes leaves two bits of its last letter to nobody.
    const sameBytes = `${token.slice(0, -1)}${letters[letters.indexOf(token.at(-1) ?? '') + 1]}`;
    expect(Buffer.from(sameBytes.split('.')[2] ?? '', 'base64url')).toEqual(
      Buffer.from(token.split('.')[2] ?? '', 'base64url'),
    );
    for (const other of [`${token}=`, sameBytes, token.replace('.', '=.')]) {
      expect(await ask({ authorization: `Bearer ${other}` })).toMatchObject({ kind: 'nobody', tried: true });
    }
  });

  it('does not act for a member of another organization, for nobody, or when it is signed by another key', async () => {
    const { userId, organizationId } = await seed();
    for (const token of [
      await mint({ actingMember: userId }),
      await mint({ organizationId }),
      await mint({ organizationId, actingMember: userId, secret: 'another secret that is long enough!!' }),
    ]) {
      expect(await ask({ authorization: `Bearer ${token}` })).toMatchObject({ kind: 'nobody', tried: true });
    }
  });
});

describe('changes of identity', () => {
  it('are audited by trigger, without secrets', async () => {
    const { organizationId, apiKey, userId } = await seed({
      organizationName: 'Audited',
      email: 'audited@northwind.test',
      role: 'viewer' as Role,
    });
    await seed({
      organizationName: 'Audited',
      email: 'audited@northwind.test',
      role: 'admin',
      password: 'a changed password',
      name: 'Renamed',
      apiKey,
    });
    const cookie = cookieOf(await signIn('audited@northwind.test', 'a changed password'));
    await auth.handler(
      new Request(`${publicUrl}/api/auth/sign-out`, { method: 'POST', headers: { cookie, origin: publicUrl } }),
    );
    await admin.query(`update identity.apikey set enabled = false where "referenceId" = $1`, [userId]);
    await admin.query(`delete from identity.apikey where "referenceId" = $1`, [userId]);
    await admin.query(`update identity."organization" set name = 'Audited Ltd' where id = $1`, [organizationId]);
    const events = await admin.query(
      'select id, action, actor, subject, data from sena.audit_events where organization_id = $1 order by at, id',
      [organizationId],
    );
    expect(events.rows.map((event) => event.action)).toEqual([
      'organization.created',
      'member.added',
      'api_key.created',
      'member.renamed',
      'password.changed',
      'member.role_changed',
      'session.created',
      'session.ended',
      'api_key.changed',
      'api_key.deleted',
      'organization.renamed',
    ]);
    for (const { id } of events.rows)
      expect(id).toMatch(/^audit_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const text = JSON.stringify(events.rows);
    for (const hidden of [
      'a changed password',
      apiKey,
      apiKey.slice(5, 15),
      cookie.slice(20, 40),
      'audited@northwind',
    ]) {
      expect(text).not.toContain(hidden);
    }
    const unsealed = await admin.query(
      'select count(*)::integer as n from sena.audit_unsealed where organization_id = $1',
      [organizationId],
    );
    expect(unsealed.rows[0].n).toBe(events.rowCount);
  });

  it('are out of reach for the role of identity: it neither reads nor forges an organization’s rows', async () => {
    for (const sql of [
      'select * from sena.audit_events',
      `insert into sena.organizations (organization_id, name) values ('org_forged', 'x')`,
      `select identity.append_audit('org_x', 'member:x', 'y', 'z', '{}')`,
    ]) {
      await expect(auth.pool.query(sql)).rejects.toThrow(/permission denied/);
    }
  });
});

async function ask(headers: Parameters<typeof authenticateRequest>[1]) {
  return authenticateRequest(auth, headers);
}

it('over https every cookie belongs to this host alone, and is never sent in clear', async () => {
  const address = 'https://sena.example.test';
  const secure = openAuth({
    authUrl: database.urls.identity,
    authSecret: secret,
    serviceTokenSecret: secret,
    publicUrl: address,
    onLog: () => undefined,
  });
  await seed({ email: 'host@northwind.test' });
  const answer = await secure.handler(
    new Request(`${address}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.9', origin: address },
      body: JSON.stringify({ email: 'host@northwind.test', password: 'correct horse battery' }),
    }),
  );
  expect(answer.status).toBe(200);
  const set = answer.headers.getSetCookie();
  expect(set.length).toBeGreaterThan(0);
  for (const cookie of set) {
    expect(cookie).toMatch(/^__Host-sena\./);
    expect(cookie).toMatch(/; Secure/i);
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(cookie).toMatch(/; Path=\/(;|$)/i);
    expect(cookie).not.toMatch(/; Domain=/i);
  }
  const headers = new Headers({ cookie: cookieOf(answer) });
  expect(await authenticateRequest(secure, Object.fromEntries(headers))).toMatchObject({ kind: 'member' });
  await secure.close();
});
