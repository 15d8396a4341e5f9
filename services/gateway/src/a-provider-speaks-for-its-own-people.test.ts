// Sign-in at an organization's OpenID Connect provider, against a real one: what holds, what does not, and for whom it speaks.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway, testPassword, testPublicUrl } from './fixtures/open-test-gateway.ts';
import { startOidcProvider, type TestOidcProvider } from './fixtures/start-oidc-provider.ts';

let gateway: TestGateway;
let provider: TestOidcProvider;
let ours: string;

const callback = `${testPublicUrl}/api/auth/oidc/callback`;
const body = (changes: object = {}) => ({
  ...{
    kind: 'oidc',
    issuer: provider.issuer,
    clientId: 'ours',
    clientSecret: 'secret of ours',
    domains: ['northwind.test'],
  },
  ...changes,
});
const put = (changes: object = {}, as: Parameters<TestGateway['call']>[2] = {}) =>
  gateway.call('PUT', '/v1/sign-in-provider', { ...as, body: body(changes) });
const person = (name: string, changes: object = {}) => ({
  ...{ sub: name, email: `${name}@northwind.test`, email_verified: true, name: `${name} of the provider` },
  ...changes,
});

beforeAll(async () => {
  provider = await startOidcProvider(callback);
  gateway = await openTestGateway(['owner', 'viewer'], {}, { SIGN_IN_PROVIDER_NETWORKS: '127.0.0.1/32' });
  const set = await put();
  expect(set.status, set.text).toBe(200);
  expect(set.json.redirectUri).toBe(callback);
  ours = set.json.provider.id;
  expect(set.json.signInUrl).toBe(`${testPublicUrl}/sign-in?provider=${ours}`);
}, 60_000);
beforeEach(() => {
  provider.tamper = null;
});
afterAll(async () => {
  await gateway.close();
  await provider.close();
});

async function begin(id = ours, next = '/runs') {
  const begun = await gateway.call('POST', '/v1/sign-in/provider', { as: null, body: { provider: id, next } });
  expect(begun.status, begun.text).toBe(200);
  const cookie = begun.headers.getSetCookie()[0]?.split(';', 1)[0] as string;
  return { url: begun.json.url as string, cookie };
}

async function comeBack(url: URL, cookie: string) {
  const answer = await gateway.call('GET', `${url.pathname}${url.search}`, { as: null, headers: { cookie } });
  expect(answer.status, answer.text).toBe(303);
  const session = answer.headers
    .getSetCookie()
    .find((line) => line.startsWith('sena.session_token='))
    ?.split(';', 1)[0];
  return { location: answer.headers.get('location') as string, session };
}

async function signIn(id = ours) {
  const { url, cookie } = await begin(id);
  return comeBack(await provider.visit(url), cookie);
}
const me = (session: string | undefined) =>
  gateway.call('GET', '/v1/me', { as: null, headers: session === undefined ? {} : { cookie: session } });
const refused = { location: `${testPublicUrl}/sign-in?failed=unauthenticated`, session: undefined };

describe('who signs in for the first time', () => {
  it('becomes a viewer of the organization, and is the same person the next time', async () => {
    provider.person = person('nia');
    const first = await signIn();
    expect(first.location).toBe(`${testPublicUrl}/runs`);
    const asked = await me(first.session);
    expect(asked.json).toMatchObject({
      user: { email: 'nia@northwind.test', name: 'nia of the provider' },
      ...{ role: 'viewer', scope: null, by: 'session', organization: { id: gateway.ours.id } },
    });
    // By the provider's own name for her, whatever her address is now.
    provider.person = person('nia', { email: 'nia.new@northwind.test' });
    const again = await me((await signIn()).session);
    expect(again.json.user.id).toBe(asked.json.user.id);
  });

  it('gets the role and the bounds that an owner chose', async () => {
    await put({ defaultRole: 'operator', defaultScope: 'env=staging' });
    provider.person = person('omar');
    expect((await me((await signIn()).session)).json).toMatchObject({ role: 'operator', scope: 'env=staging' });
    await put();
  });

  it('is the member with the same address, with the role they have', async () => {
    provider.person = person('viewer');
    const asked = await me((await signIn()).session);
    expect(asked.json.user.id).toBe(gateway.ours.members.viewer.userId);
    // The address has passed to somebody else.
    provider.person = person('viewer', { sub: 'another viewer' });
    expect(await signIn()).toEqual(refused);
  });

  it('does not come back once removed', async () => {
    provider.person = person('leaver');
    const { session } = await signIn();
    const { json } = await me(session);
    await gateway.call('DELETE', `/v1/members/${json.user.id}`);
    expect((await me(session)).status).toBe(401);
    expect(await signIn()).toEqual(refused);
  });

  it('does not come back by an invitation from before', async () => {
    const invite = async (email: string) => {
      const { json } = await gateway.call('POST', '/v1/invitations', { body: { email, role: 'admin' } });
      return { id: json.id as string, token: new URL(json.link).hash.slice(1) };
    };
    const accept = ({ token }: { token: string }) =>
      gateway.call('POST', '/v1/invitations/accept', {
        as: null,
        body: { token, name: 'Back', password: testPassword },
      });
    provider.person = person('comeback');
    const earlier = await invite(provider.person.email as string);
    const { json } = await me((await signIn()).session);
    expect((await accept(earlier)).json.code).toBe('invitation_invalid');
    // One that was made while they joined is open still.
    await gateway.admin.query(`update identity.invitations set status = 'pending' where id = $1`, [earlier.id]);
    expect((await gateway.call('DELETE', `/v1/members/${json.user.id}`)).status).toBe(204);
    expect((await accept(earlier)).json.code).toBe('invitation_invalid');
    expect(await signIn()).toEqual(refused);
    // Whom an owner asks again comes.
    expect((await accept(await invite(provider.person.email as string))).status).toBe(200);
  });

  it('does not come back once removed, although they had never signed in here', async () => {
    const body = { email: 'gone@northwind.test', role: 'viewer' };
    const { json } = await gateway.call('POST', '/v1/invitations', { body });
    const token = new URL(json.link).hash.slice(1);
    const joining = { token, name: 'Gone', password: testPassword };
    expect((await gateway.call('POST', '/v1/invitations/accept', { as: null, body: joining })).status).toBe(200);
    const { items } = (await gateway.call('GET', '/v1/members?limit=500')).json;
    const { id } = items.find((member: { email: string }) => member.email === body.email);
    expect((await gateway.call('DELETE', `/v1/members/${id}`)).status).toBe(204);
    provider.person = person('gone');
    expect(await signIn()).toEqual(refused);
  });
});

describe('a provider’s word', () => {
  it.each([
    ['of another domain', { email: 'eve@contoso.test' }],
    ['of a domain that ends alike', { email: 'eve@evilnorthwind.test' }],
    ['of a sub-domain', { email: 'eve@sub.northwind.test' }],
    ['with two domains', { email: 'eve@contoso.test@northwind.test' }],
    ['that is not verified', { email_verified: false }],
    ['that is verified as a word', { email_verified: 'true' }],
    ['that is missing', { email: undefined }],
  ])('about an address %s is not believed', async (_what, changes) => {
    provider.person = person(`eve-${Math.random().toString(36).slice(2)}`, changes);
    expect(await signIn()).toEqual(refused);
    const control = { sub: provider.person.sub, email: `${provider.person.sub}@northwind.test` };
    provider.person = person('control', control);
    expect((await me((await signIn()).session)).status).toBe(200);
  });

  it.each<[string, Record<string, unknown>, 'well' | 'otherwise']>([
    ['another nonce', { nonce: 'another' }, 'well'],
    ['no nonce', { nonce: undefined }, 'well'],
    ['another issuer', { iss: 'https://evil.test' }, 'well'],
    ['another audience', { aud: 'theirs' }, 'well'],
    ['several audiences, meant for another', { aud: ['ours', 'theirs'], azp: 'theirs' }, 'well'],
    ['its time over', { exp: Math.floor(Date.now() / 1000) - 3_600 }, 'well'],
    ['another subject than the person', { sub: 'somebody else' }, 'well'],
    ['a key that the provider does not have', {}, 'otherwise'],
  ])('with %s is not believed', async (_what, changes, signed) => {
    provider.person = person('tampered');
    provider.tamper = (claims) => ({ claims: { ...claims, ...changes }, signed });
    expect(await signIn()).toEqual(refused);
    provider.tamper = (claims) => ({ claims, signed: 'well' });
    expect((await me((await signIn()).session)).status).toBe(200);
  });

  it('about somebody of another organization reaches nobody there, and tells nothing, although it claims their domain', async () => {
    const victim = gateway.theirs.members.owner;
    await put({ domains: ['contoso.test', 'northwind.test'] });
    provider.person = person('mallory 1', { email: victim.email });
    const known = await me((await signIn()).session);
    provider.person = person('mallory 2', { email: 'nobody@contoso.test' });
    const unknown = await me((await signIn()).session);
    // A new person of our own organization, whether or not there is another one: the answer tells nothing.
    for (const { status, json } of [known, unknown])
      expect([status, json.role, json.organization.id]).toEqual([200, 'viewer', gateway.ours.id]);
    expect(known.json.user.id).not.toBe(victim.userId);
    const links = await gateway.admin.query(
      `select 1 from identity.account where "userId" = $1 and "providerId" = $2`,
      [victim.userId, ours],
    );
    expect(links.rowCount).toBe(0);
    await gateway.call('DELETE', `/v1/members/${known.json.user.id}`);
    await put();
  });

  it('counts in its own organization alone, also about somebody who belongs to another one as well', async () => {
    const victim = gateway.theirs.members.owner;
    const invited = await gateway.call('POST', '/v1/invitations', { body: { email: victim.email, role: 'viewer' } });
    const signedIn = await gateway.call('POST', '/api/auth/sign-in/email', {
      as: null,
      body: { email: victim.email, password: testPassword },
    });
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';', 1)[0] as string;
    const accept = (link: string, session: string) =>
      gateway.call('POST', '/v1/invitations/accept', {
        as: null,
        body: { token: new URL(link).hash.slice(1) },
        headers: { cookie: session },
      });
    expect((await accept(invited.json.link, cookie)).status).toBe(200);
    await put({ domains: ['contoso.test'] });
    provider.person = person('mallory', { email: victim.email });
    const session = (await signIn()).session as string;
    expect((await me(session)).json.organization.id).toBe(gateway.ours.id);
    const move = await gateway.call('POST', `/v1/organizations/${gateway.theirs.id}/select`, {
      as: null,
      headers: { cookie: session, origin: testPublicUrl },
    });
    expect(move.status).toBe(404);
    const organizations = await gateway.call('GET', '/v1/organizations', { as: null, headers: { cookie: session } });
    expect(organizations.json.items).toHaveLength(1);
    await put();
  });
});

describe('a sign-in', () => {
  it('is of the browser that began it', async () => {
    provider.person = person('nia');
    const one = await begin();
    const two = await begin();
    const back = await provider.visit(one.url);
    expect(await comeBack(back, two.cookie)).toEqual(refused);
    expect(await comeBack(back, 'sena.sign_in_state=')).toEqual(refused);
    expect((await comeBack(back, one.cookie)).session).toBeDefined();
  });

  it('ends once', async () => {
    provider.person = person('nia');
    const { url, cookie } = await begin();
    const back = await provider.visit(url);
    expect((await comeBack(back, cookie)).session).toBeDefined();
    expect(await comeBack(back, cookie)).toEqual(refused);
  });

  it('that takes too long is over', async () => {
    const { url, cookie } = await begin();
    const back = await provider.visit(url);
    await gateway.admin.query('update identity.sign_in_attempts set expires_at = now()');
    expect(await comeBack(back, cookie)).toEqual(refused);
  });

  it('with the state of another sign-in in the address, with another code, or with none, is refused', async () => {
    const one = await begin();
    const two = await begin();
    const [backOne, backTwo] = [await provider.visit(one.url), await provider.visit(two.url)];
    const mixed = new URL(backOne);
    mixed.searchParams.set('code', backTwo.searchParams.get('code') as string);
    expect(await comeBack(mixed, one.cookie)).toEqual(refused);
    const bare = new URL(backTwo);
    bare.searchParams.delete('code');
    expect(await comeBack(bare, two.cookie)).toEqual(refused);
  });

  it('answered by another issuer is refused', async () => {
    const { url, cookie } = await begin();
    const back = await provider.visit(url);
    back.searchParams.set('iss', 'https://evil.test');
    expect(await comeBack(back, cookie)).toEqual(refused);
  });
});

describe('the provider itself', () => {
  it('has a secret that nobody is told', async () => {
    const shown = await gateway.call('GET', '/v1/sign-in-provider');
    expect(shown.text).not.toContain('secret of ours');
    const rows = await gateway.admin.query(
      `select (select json_agg(p)::text from identity.sign_in_providers p) || (select json_agg(a)::text from sena.audit_events a) as text`,
    );
    expect(rows.rows[0].text).not.toContain('secret of ours');
    expect(gateway.log.join('')).not.toContain('secret of ours');
  });

  it('is another organization’s own: ours is not there for it', async () => {
    const as = { as: gateway.theirs.members.owner };
    expect((await gateway.call('GET', '/v1/sign-in-provider', as)).json.provider).toBeNull();
    expect((await gateway.call('DELETE', '/v1/sign-in-provider', as)).status).toBe(204);
    expect((await gateway.call('GET', '/v1/sign-in-provider')).json.provider.id).toBe(ours);
    // The same domain: neither hears of the other.
    const theirs = { clientId: 'theirs', clientSecret: 'secret of theirs' };
    expect((await put(theirs, as)).status).toBe(200);
  });

  it('that does not answer as one is not set', async () => {
    expect((await put({ issuer: `${provider.issuer}/nothing` })).json.code).toBe('backend_unavailable');
    expect((await put({ issuer: 'https://10.1.2.3' })).json.code).toBe('validation_failed');
    expect((await gateway.call('GET', '/v1/sign-in-provider')).json.provider.issuer).toBe(provider.issuer);
  });

  it('that is removed takes its sessions along', async () => {
    provider.person = person('nia');
    const { session } = await signIn();
    expect((await me(session)).status).toBe(200);
    expect((await gateway.call('DELETE', '/v1/sign-in-provider')).status).toBe(204);
    expect((await me(session)).status).toBe(401);
    const begun = await gateway.call('POST', '/v1/sign-in/provider', { as: null, body: { provider: ours } });
    expect(begun.json.code).toBe('not_found');
  });
});
