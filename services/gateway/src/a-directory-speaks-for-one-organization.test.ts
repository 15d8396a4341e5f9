// SCIM: what an organization's directory may say, about whom, and what it never learns. With sign-in at a real OpenID Connect provider.
import { newId } from '@sena/contracts/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  openTestGateway,
  type TestGateway,
  testPassword,
  testPublicUrl,
} from './fixtures/open-test-gateway.ts';
import { startOidcProvider, type TestOidcProvider } from './fixtures/start-oidc-provider.ts';

let gateway: TestGateway;
let provider: TestOidcProvider;
let providerId: string;
let ours: string;
let theirs: string;

beforeAll(async () => {
  provider = await startOidcProvider(`${testPublicUrl}/api/auth/oidc/callback`);
  gateway = await openTestGateway(
    ['owner', 'admin', 'operator', 'viewer'],
    { enrolmentsPerMinute: 10_000 },
    { SIGN_IN_PROVIDER_NETWORKS: '127.0.0.1/32' },
  );
  const set = await gateway.call('PUT', '/v1/sign-in-provider', {
    body: {
      ...{ kind: 'oidc', issuer: provider.issuer, clientId: 'ours', clientSecret: 'secret of ours' },
      domains: ['northwind.test'],
    },
  });
  providerId = set.json.provider.id;
  const make = async (as: Parameters<TestGateway['call']>[2]) =>
    (await gateway.call('POST', '/v1/scim-tokens', { ...as, body: { name: 'directory' } })).json.token as string;
  ours = await make({});
  theirs = await make({ as: gateway.theirs.members.owner });
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await provider.close();
});

const scim = (method: string, path: string, body?: unknown, token = ours) =>
  gateway.call(method, `/scim/v2${path}`, {
    as: { apiKey: token },
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: body === undefined ? {} : { 'content-type': 'application/scim+json' },
  });
const patch = (id: string, ...Operations: object[]) =>
  scim('PATCH', `/Users/${id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
let serial = 0;
const unique = (name: string) => `${name}-${++serial}@northwind.test`;
async function add(userName = unique('nia'), others: object = {}) {
  const made = await scim('POST', '/Users', { userName, ...others });
  expect(made.status, made.text).toBe(201);
  return made.json as { id: string; userName: string; active: boolean; meta: { location: string } };
}
/** At the provider; undefined: refused. */
async function signIn(email: string): Promise<string | undefined> {
  provider.person = { sub: email, email, email_verified: true, name: email };
  const begun = await gateway.call('POST', '/v1/sign-in/provider', { as: null, body: { provider: providerId } });
  const back = await provider.visit(begun.json.url);
  const cookie = begun.headers.getSetCookie()[0]?.split(';', 1)[0] as string;
  const answer = await gateway.call('GET', `${back.pathname}${back.search}`, { as: null, headers: { cookie } });
  return answer.headers
    .getSetCookie()
    .find((line) => line.startsWith('sena.session_token='))
    ?.split(';', 1)[0];
}
const me = (cookie: string | undefined) =>
  gateway.call('GET', '/v1/me', { as: null, headers: cookie === undefined ? {} : { cookie } });
const memberOf = async (email: string) =>
  (
    await gateway.admin.query<{ role: string; userId: string }>(
      `select m.role, m."userId" from identity."member" m join identity."user" u on u.id = m."userId" where u.email = $1 and m."organizationId" = $2`,
      [email, gateway.ours.id],
    )
  ).rows[0];

describe('a token of a directory', () => {
  it('is shown once, kept as a hash, for a time, and opens nothing but SCIM', async () => {
    const made = await gateway.call('POST', '/v1/scim-tokens', { body: { name: 'for this test' } });
    expect(made.status, made.text).toBe(201);
    const { id, token } = made.json;
    expect((await scim('GET', '/Users', undefined, token)).status).toBe(200);
    const listed = await gateway.call('GET', '/v1/scim-tokens');
    expect(listed.json.baseUrl).toBe(`${testPublicUrl}/scim/v2`);
    expect(listed.json.items.find((each: { id: string }) => each.id === id)).toMatchObject({
      ...{ name: 'for this test', lastUsedAt: expect.any(String), expiresAt: expect.any(String) },
    });
    expect(listed.text).not.toContain(token);
    const rows = await gateway.admin.query('select json_agg(t)::text as text from identity.scim_tokens t');
    expect(rows.rows[0].text).not.toContain(token);
    for (const path of ['/v1/me', '/v1/members', '/v1/scim-tokens'])
      expect((await gateway.call('GET', path, { as: { apiKey: token } })).status).toBe(401);
    expect((await gateway.call('DELETE', `/v1/scim-tokens/${id}`)).status).toBe(204);
    expect((await scim('GET', '/Users', undefined, token)).status).toBe(401);
    expect(gateway.log.join('')).not.toContain(token);
  });

  it('whose time is over is worth nothing', async () => {
    const made = await gateway.call('POST', '/v1/scim-tokens', { body: { name: 'old', expiresInSeconds: 3_600 } });
    await gateway.admin.query('update identity.scim_tokens set expires_at = now() where id = $1', [made.json.id]);
    expect((await scim('GET', '/Users', undefined, made.json.token)).status).toBe(401);
  });

  it('is made by owners, and is the only thing that SCIM takes', async () => {
    for (const as of ['admin', 'operator', 'viewer'] as const) {
      expect((await gateway.call('POST', '/v1/scim-tokens', { as, body: { name: 'x' } })).status).toBe(403);
      expect((await gateway.call('GET', '/v1/scim-tokens', { as })).status).toBe(403);
    }
    const signedIn = await gateway.call('POST', '/api/auth/sign-in/email', {
      as: null,
      body: { email: gateway.ours.members.owner.email, password: testPassword },
    });
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';', 1)[0] as string;
    const wrong: Array<Record<string, string>> = [
      {},
      { cookie },
      { authorization: `Bearer ${gateway.ours.members.owner.apiKey}` },
      { authorization: `Bearer ${ours.slice(0, -1)}` },
      { authorization: `Basic ${Buffer.from(`x:${ours}`).toString('base64')}` },
    ];
    for (const headers of wrong) {
      const answer = await gateway.call('GET', '/scim/v2/Users', { as: null, headers });
      expect(answer).toMatchObject({
        status: 401,
        json: { status: '401', schemas: [expect.stringContaining('Error')] },
      });
    }
  });

  it('is guessed at so often, and no more', async () => {
    const bounded = await openTestGateway(['owner'], { failedKeysPerMinute: 5 });
    const guess = () =>
      bounded.call('GET', '/scim/v2/Users', { as: { apiKey: `sena_scim_${Math.random().toString(36).repeat(4)}` } });
    for (let n = 0; n < 5; n += 1) expect((await guess()).status).toBe(401);
    expect((await guess()).status).toBe(429);
    await bounded.close();
  });

  it('of another organization is not there', async () => {
    const [{ id }] = (await gateway.call('GET', '/v1/scim-tokens', { as: gateway.theirs.members.owner })).json.items;
    expect((await gateway.call('DELETE', `/v1/scim-tokens/${id}`)).json.code).toBe('not_found');
    expect((await scim('GET', '/Users', undefined, theirs)).status).toBe(200);
  });
});

describe('a user of the directory', () => {
  it('is made, read, found, replaced, changed and deleted', async () => {
    const userName = unique('Ada').replace('Ada', 'ADA');
    const made = await scim('POST', '/Users', {
      ...{ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, externalId: 'e-1', title: 'not kept' },
      ...{ name: { formatted: 'Ada L', givenName: 'Ada' }, emails: [{ value: userName, primary: true }] },
    });
    expect(made.status, made.text).toBe(201);
    expect(made.headers.get('content-type')).toContain('application/scim+json');
    const { id } = made.json;
    expect(made.headers.get('location')).toBe(`${testPublicUrl}/scim/v2/Users/${id}`);
    expect(made.json).toMatchObject({
      userName: userName.toLowerCase(),
      externalId: 'e-1',
      displayName: 'Ada L',
      active: true,
    });
    expect((await scim('GET', `/Users/${id}`)).json).toEqual(made.json);
    for (const filter of [
      `userName eq "${userName}"`,
      `USERNAME EQ "${userName.toUpperCase()}"`,
      'externalId eq "e-1"',
      `id eq "${id}"`,
    ]) {
      const found = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
      expect(found.json, filter).toMatchObject({
        totalResults: 1,
        startIndex: 1,
        itemsPerPage: 1,
        Resources: [{ id }],
      });
    }
    const replaced = await scim('PUT', `/Users/${id}`, { userName, displayName: 'Ada' });
    expect(replaced.json).toMatchObject({ displayName: 'Ada', active: true });
    expect(replaced.json.externalId).toBeUndefined();
    expect((await patch(id, { op: 'Replace', path: 'active', value: 'False' })).json.active).toBe(false);
    expect((await patch(id, { op: 'replace', value: { active: true, title: 'x' } })).json.active).toBe(true);
    expect((await patch(id, { op: 'replace', path: 'active', value: false })).json.active).toBe(false);
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${id}`)).status).toBe(404);
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(404);
  });

  it('is there once', async () => {
    const { userName } = await add();
    const again = await scim('POST', '/Users', { userName: userName.toUpperCase() });
    expect(again).toMatchObject({ status: 409, json: { scimType: 'uniqueness', status: '409' } });
  });

  it.each<[string, unknown, string?]>([
    ['no userName', {}],
    ['a userName that is no address', { userName: 'ada' }],
    ['a userName of another type', { userName: 7 }],
    ['an active that is a word', { userName: 'a@northwind.test', active: 'yes' }],
    ['a NUL', { userName: 'a@northwind.test', displayName: 'a\0' }],
    ['a name too long', { userName: 'a@northwind.test', displayName: 'x'.repeat(301) }],
    ['a list', []],
  ])('with %s is refused, as SCIM says it', async (_what, body) => {
    const answer = await scim('POST', '/Users', body);
    expect(answer, answer.text).toMatchObject({ status: 400, json: { status: '400', scimType: 'invalidValue' } });
    expect(answer.headers.get('content-type')).toContain('application/scim+json');
  });

  it.each([
    'userName co "a"',
    'userName eq',
    'password eq "x"',
    'userName eq "a" or id eq "b"',
    `userName eq 'a'`,
    'userName eq "\\u0000"',
    'userName eq "\\q"',
  ])('is not found by %s', async (filter) => {
    const answer = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
    expect(answer).toMatchObject({ status: 400, json: { scimType: 'invalidFilter' } });
  });

  it('is found by no SQL', async () => {
    const answer = await scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "x' or '1'='1"`)}`);
    expect(answer.json).toMatchObject({ totalResults: 0, Resources: [] });
  });

  it('comes a page at a time', async () => {
    for (let n = 0; n < 5; n += 1) await add();
    const all = (await scim('GET', '/Users')).json;
    const page = (await scim('GET', '/Users?startIndex=2&count=3')).json;
    expect(page).toMatchObject({ totalResults: all.totalResults, startIndex: 2, itemsPerPage: 3 });
    expect(page.Resources).toEqual(all.Resources.slice(1, 4));
    expect((await scim('GET', '/Users?count=0')).json).toMatchObject({ itemsPerPage: 0, Resources: [] });
    expect((await scim('GET', '/Users?startIndex=-5&count=-1')).json).toMatchObject({ startIndex: 1, Resources: [] });
    expect((await scim('GET', '/Users?count=x')).status).toBe(400);
  });

  it('keeps its userName', async () => {
    const { id } = await add();
    const answer = await patch(id, { op: 'replace', path: 'userName', value: 'other@northwind.test' });
    expect(answer).toMatchObject({ status: 400, json: { scimType: 'mutability' } });
  });

  it.each<[string, object]>([
    ['no operations', { Operations: [] }],
    ['an operation that is none', { Operations: [{ op: 'move', path: 'active', value: false }] }],
    ['no path and no object', { Operations: [{ op: 'replace', value: 'x' }] }],
    ['a value of another type', { Operations: [{ op: 'replace', path: 'active', value: { a: 1 } }] }],
  ])('is not changed by %s', async (_what, body) => {
    const { id } = await add();
    expect((await scim('PATCH', `/Users/${id}`, body)).status).toBe(400);
    expect((await scim('GET', `/Users/${id}`)).json.active).toBe(true);
  });
});

describe('what the directory says about a person', () => {
  it('makes nobody a person of SENA, and a member by signing in, with the role of the group', async () => {
    const before = await gateway.admin.query('select count(*) from identity."user"');
    const user = await add();
    await scim('POST', '/Groups', { displayName: 'Sena-Operator', members: [{ value: user.id }] });
    expect((await gateway.admin.query('select count(*) from identity."user"')).rows).toEqual(before.rows);
    expect(await memberOf(user.userName)).toBeUndefined();
    expect((await me(await signIn(user.userName))).json).toMatchObject({ role: 'operator' });
  });

  it('keeps out who is ended, also before they ever came', async () => {
    const user = await add(undefined, { active: false });
    expect(await signIn(user.userName)).toBeUndefined();
    await patch(user.id, { op: 'replace', path: 'active', value: true });
    expect((await me(await signIn(user.userName))).status).toBe(200);
  });

  it.each<[string, (id: string, userName: string) => Promise<Answer>]>([
    ['PATCH active', (id) => patch(id, { op: 'replace', path: 'active', value: false })],
    ['PUT active', (id, userName) => scim('PUT', `/Users/${id}`, { userName, active: false })],
    ['DELETE', (id) => scim('DELETE', `/Users/${id}`)],
  ])('ends a membership at once by %s: session, keys, invitations', async (how, end) => {
    const user = await add();
    const session = await signIn(user.userName);
    const userId = (await memberOf(user.userName))?.userId as string;
    const key = newId('key');
    await gateway.admin.query(
      `insert into identity.apikey (id, "configId", "referenceId", key, "createdAt", "updatedAt", metadata) values ($1, 'default', $2, $1, now(), now(), $3)`,
      [key, userId, JSON.stringify({ organizationId: gateway.ours.id })],
    );
    expect((await me(session)).status).toBe(200);
    const ended = await end(user.id, user.userName);
    expect([200, 204]).toContain(ended.status);
    expect((await me(session)).status).toBe(401);
    expect(await memberOf(user.userName)).toBeUndefined();
    expect((await gateway.admin.query('select 1 from identity.apikey where id = $1', [key])).rowCount).toBe(0);
    const audit = await gateway.admin.query(
      `select actor from sena.audit_events where action = 'member.removed' and subject = $1`,
      [userId],
    );
    expect(audit.rows).toEqual([{ actor: expect.stringMatching(/^service:scim:scim_/) }]);
    expect(await signIn(user.userName)).toBeUndefined();
    // Whom it names again comes back, as themselves.
    if (how === 'DELETE') await add(user.userName);
    else await patch(user.id, { op: 'replace', path: 'active', value: true });
    expect((await me(await signIn(user.userName))).json.user.id).toBe(userId);
  });

  it('takes back what a person was offered', async () => {
    const user = await add();
    const invited = await gateway.call('POST', '/v1/invitations', { body: { email: user.userName, role: 'admin' } });
    await patch(user.id, { op: 'replace', path: 'active', value: false });
    const status = await gateway.admin.query('select status from identity.invitations where id = $1', [
      invited.json.id,
    ]);
    expect(status.rows).toEqual([{ status: 'revoked' }]);
  });

  it('is not louder than an owner: who was removed in SENA does not come back by signing in', async () => {
    const user = await add();
    await signIn(user.userName);
    const userId = (await memberOf(user.userName))?.userId;
    expect((await gateway.call('DELETE', `/v1/members/${userId}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${user.id}`)).json.active).toBe(false);
    expect(await signIn(user.userName)).toBeUndefined();
  });

  it('is about one member: who was removed does not come back beside a new person with their address', async () => {
    const user = await add();
    await signIn(user.userName);
    const former = (await memberOf(user.userName))?.userId;
    await gateway.call('DELETE', `/v1/members/${former}`);
    const invited = await gateway.call('POST', '/v1/invitations', { body: { email: user.userName, role: 'viewer' } });
    const joining = { token: new URL(invited.json.link).hash.slice(1), name: 'Nia', password: testPassword };
    expect((await gateway.call('POST', '/v1/invitations/accept', { as: null, body: joining })).status).toBe(200);
    await patch(user.id, { op: 'replace', path: 'active', value: true });
    expect(await signIn(user.userName)).toBeUndefined();
    const members = async () =>
      (await gateway.call('GET', '/v1/members?limit=500')).json.items
        .filter(({ email }: { email: string }) => email === user.userName)
        .map(({ id }: { id: string }) => id);
    expect(await members()).toEqual([expect.not.stringMatching(former as string)]);
    // Should there be two all the same, they are both out.
    await gateway.admin.query(
      `insert into identity."member" (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'viewer', now())`,
      [newId('memb'), gateway.ours.id, former],
    );
    expect(await members()).toHaveLength(2);
    await patch(user.id, { op: 'replace', path: 'active', value: false });
    expect(await members()).toEqual([]);
  });

  it('does not take the last owner away', async () => {
    const { email } = gateway.ours.members.owner;
    const user = await add(email);
    expect(await patch(user.id, { op: 'replace', path: 'active', value: false })).toMatchObject({ status: 409 });
    expect((await scim('DELETE', `/Users/${user.id}`)).status).toBe(409);
    expect((await scim('GET', `/Users/${user.id}`)).json.active).toBe(true);
    expect((await memberOf(email))?.role).toBe('owner');
    const group = await scim('POST', '/Groups', { displayName: 'sena-viewer', members: [{ value: user.id }] });
    expect((await memberOf(email))?.role).toBe('owner');
    await scim('DELETE', `/Groups/${group.json.id}`);
  });
});

describe('groups', () => {
  it('give their roles to members, take them, and follow a new name', async () => {
    const user = await add();
    await signIn(user.userName);
    const role = async () => (await memberOf(user.userName))?.role;
    expect(await role()).toBe('viewer');
    const made = await scim('POST', '/Groups', { displayName: 'people', externalId: 'g-1' });
    expect(made.status, made.text).toBe(201);
    const { id } = made.json;
    const change = (...Operations: object[]) => scim('PATCH', `/Groups/${id}`, { Operations });
    await change({ op: 'Add', path: 'members', value: [{ value: user.id }] });
    expect(await role()).toBe('viewer');
    await change({ op: 'replace', path: 'displayName', value: 'sena-approver' });
    expect(await role()).toBe('approver');
    expect((await scim('GET', `/Users/${user.id}`)).json.groups).toEqual([{ value: id, display: 'sena-approver' }]);
    await change({ op: 'remove', path: `members[value eq "${user.id}"]` });
    expect(await role()).toBe('viewer');
    await change({ op: 'replace', value: { members: [{ value: user.id }] } });
    expect(await role()).toBe('approver');
    await scim('PUT', `/Groups/${id}`, { displayName: 'sena-approver', members: [] });
    expect(await role()).toBe('viewer');
    await change({ op: 'add', path: 'members', value: { value: user.id } });
    expect(await role()).toBe('approver');
    await patch(user.id, { op: 'replace', path: 'displayName', value: 'N' });
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204);
    expect(await role()).toBe('viewer');
    expect((await scim('GET', `/Groups/${id}`)).status).toBe(404);
  });

  it.each(['sena-owner', 'sena-admin', 'owner', 'sena-root'])('named %s give nothing', async (displayName) => {
    const user = await add();
    const made = await scim('POST', '/Groups', { displayName, members: [{ value: user.id }] });
    expect(made.status).toBe(201);
    expect((await me(await signIn(user.userName))).json.role).toBe('viewer');
    await scim('DELETE', `/Groups/${made.json.id}`);
  });

  it('are there once, found by their names, and hold nobody who is not there', async () => {
    const made = await scim('POST', '/Groups', { displayName: 'Admins of IT' });
    expect((await scim('POST', '/Groups', { displayName: 'admins of it' })).json.scimType).toBe('uniqueness');
    const found = await scim('GET', `/Groups?filter=${encodeURIComponent('displayName eq "ADMINS OF IT"')}`);
    expect(found.json).toMatchObject({ totalResults: 1, Resources: [{ id: made.json.id }] });
    const nobody = { op: 'add', path: 'members', value: [{ value: newId('scimu') }] };
    expect(await scim('PATCH', `/Groups/${made.json.id}`, { Operations: [nobody] })).toMatchObject({ status: 400 });
  });
});

describe('another organization', () => {
  const bare = ({ status, text }: Answer, ...words: string[]) =>
    words
      .reduce((said, word) => said.replaceAll(word, '…'), `${status} ${text}`)
      .replaceAll(/\d{4}-\d\d-\d\dT[^"]+Z/g, 'then');

  it('whose person has an address is not betrayed: it is answered as one that nobody has', async () => {
    const known = gateway.theirs.members.owner.email;
    const nobodys = 'owner@fabriks.test';
    const rows = () =>
      gateway.admin.query(
        `select u.*, m.role from identity."user" u join identity."member" m on m."userId" = u.id where u.email = $1`,
        [known],
      );
    const before = (await rows()).rows;
    const [one, two] = [
      await scim('POST', '/Users', { userName: known }),
      await scim('POST', '/Users', { userName: nobodys }),
    ];
    expect(one.status).toBe(201);
    expect(bare(one, known, one.json.id)).toBe(bare(two, nobodys, two.json.id));
    for (const send of [
      (id: string) => scim('GET', `/Users/${id}`),
      (id: string) => patch(id, { op: 'replace', path: 'displayName', value: 'Changed' }),
      (id: string) => patch(id, { op: 'replace', path: 'active', value: false }),
      (id: string) => patch(id, { op: 'replace', path: 'active', value: true }),
      (id: string) => scim('DELETE', `/Users/${id}`),
    ])
      expect(bare(await send(one.json.id), known, one.json.id)).toBe(
        bare(await send(two.json.id), nobodys, two.json.id),
      );
    expect((await rows()).rows).toEqual(before);
    expect((await gateway.call('GET', '/v1/me', { as: gateway.theirs.members.owner })).status).toBe(200);
    expect((await gateway.call('GET', '/v1/members')).text).not.toContain(known);
  });

  it('finds nothing of ours, by any id, and changes nothing of it', async () => {
    const user = await add();
    const group = (await scim('POST', '/Groups', { displayName: 'ours alone', members: [{ value: user.id }] })).json;
    /** Of the same kind, as nobody has it. */
    const twinOf = (id: string) => (id.startsWith('scimu_') ? newId('scimu') : newId('scimg'));
    for (const [kind, id] of [
      ['Users', user.id],
      ['Groups', group.id],
      ['Users', group.id],
      ['Groups', user.id],
    ] as const) {
      for (const [method, body] of [
        ['GET', undefined],
        ['PUT', { userName: user.userName, displayName: 'x' }],
        ['PATCH', { Operations: [{ op: 'replace', path: 'displayName', value: 'x' }] }],
        ['DELETE', undefined],
      ] as const) {
        const answer = await scim(method, `/${kind}/${id}`, body, theirs);
        expect(answer.status, `${method} ${kind}`).toBe(404);
        const twin = twinOf(id);
        expect(bare(answer, id)).toBe(bare(await scim(method, `/${kind}/${twin}`, body, theirs), twin));
      }
    }
    for (const filter of [`userName eq "${user.userName}"`, `id eq "${user.id}"`])
      expect(
        (await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`, undefined, theirs)).json.totalResults,
      ).toBe(0);
    expect((await scim('GET', '/Users', undefined, theirs)).json.totalResults).toBe(0);
    expect((await scim('GET', '/Groups', undefined, theirs)).json.totalResults).toBe(0);
    const grasp = await scim('POST', '/Groups', { displayName: 'ours alone', members: [{ value: user.id }] }, theirs);
    expect(grasp.status).toBe(400);
    // The same names are free there.
    expect((await scim('POST', '/Users', { userName: user.userName }, theirs)).status).toBe(201);
    expect((await scim('GET', `/Users/${user.id}`)).json).toMatchObject({
      active: true,
      groups: [{ value: group.id }],
    });
  });

  it('keeps its member, whom ours ends here', async () => {
    const { email, userId } = gateway.theirs.members.owner;
    await gateway.admin.query(
      `insert into identity."member" (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'viewer', now())`,
      [newId('memb'), gateway.ours.id, userId],
    );
    const user = await add(email);
    expect((await patch(user.id, { op: 'replace', path: 'active', value: false })).status).toBe(200);
    expect(await memberOf(email)).toBeUndefined();
    expect((await gateway.call('GET', '/v1/me', { as: gateway.theirs.members.owner })).status).toBe(200);
  });
});

describe('SCIM describes itself', () => {
  it.each(['ServiceProviderConfig', 'ResourceTypes', 'Schemas'])('%s', async (what) => {
    const answer = await scim('GET', `/${what}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/scim+json');
    expect(answer.json.schemas).toEqual([expect.stringMatching(/^urn:ietf:params:scim:/)]);
    expect((await gateway.call('GET', `/scim/v2/${what}`, { as: null })).status).toBe(401);
  });

  it('and what was said stands in the audit', async () => {
    const { rows } = await gateway.admin.query(
      `select distinct action from sena.audit_events where action like 'scim%' and organization_id = $1 order by 1`,
      [gateway.ours.id],
    );
    expect(rows.map(({ action }) => action)).toEqual([
      ...[
        'scim_group.added',
        'scim_group.member_added',
        'scim_group.member_removed',
        'scim_group.removed',
        'scim_group.renamed',
      ],
      ...['scim_token.created', 'scim_token.revoked'],
      ...['scim_user.activated', 'scim_user.added', 'scim_user.deactivated', 'scim_user.removed'],
    ]);
  });
});
