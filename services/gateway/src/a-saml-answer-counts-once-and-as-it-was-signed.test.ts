// Sign-in at an organization's SAML provider, against a real one with real signatures: what holds, what does not, and for whom it speaks.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway, testPublicUrl } from './fixtures/open-test-gateway.ts';
import {
  makeCertificate,
  type SamlClaims,
  sha1,
  startSamlProvider,
  type TestSamlProvider,
} from './fixtures/start-saml-provider.ts';

let gateway: TestGateway;
let provider: TestSamlProvider;
let ours: string;

const body = (changes: object = {}) => ({
  ...{ kind: 'saml', issuer: provider.entityId, ssoUrl: provider.ssoUrl, certificates: [provider.certificate] },
  ...{ domains: ['northwind.test'] },
  ...changes,
});
const put = (changes: object = {}, as: Parameters<TestGateway['call']>[2] = {}) =>
  gateway.call('PUT', '/v1/sign-in-provider', { ...as, body: body(changes) });
/** Who is signed in at the provider. */
const be = (name: string, changes: Partial<SamlClaims> = {}) => {
  provider.say = () => ({ nameId: name, email: `${name}@northwind.test`, name: `${name} of the provider`, ...changes });
};

beforeAll(async () => {
  provider = await startSamlProvider(async () => {
    const shown = await gateway.call('GET', '/v1/sign-in-provider');
    const { pathname } = new URL(shown.json.saml.metadataUrl);
    const metadata = await gateway.call('GET', pathname, { as: null });
    expect(metadata.status, metadata.text).toBe(200);
    return metadata.text;
  });
  gateway = await openTestGateway(['owner', 'viewer'], { enrolmentsPerMinute: 10_000 });
  const set = await put();
  expect(set.status, set.text).toBe(200);
  ours = set.json.provider.id;
}, 60_000);
beforeEach(() => provider.reset());
afterAll(async () => {
  await gateway.close();
  await provider.close();
});

async function begin(id = ours) {
  const begun = await gateway.call('POST', '/v1/sign-in/provider', { as: null, body: { provider: id, next: '/runs' } });
  expect(begun.status, begun.text).toBe(200);
  return { url: begun.json.url as string, cookie: begun.headers.getSetCookie()[0]?.split(';', 1)[0] as string };
}

/** A post from another site: it brings no cookie. */
async function post(form: URLSearchParams) {
  const answer = await gateway.call('POST', '/api/auth/saml/acs', {
    as: null,
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(provider.entityId).origin },
  });
  expect(answer.status, answer.text).toBe(303);
  expect(answer.headers.getSetCookie()).toEqual([]);
  return answer.headers.get('location') as string;
}

async function fetchSession(cookie: string) {
  const answer = await gateway.call('GET', '/api/auth/saml/finish', { as: null, headers: { cookie } });
  expect(answer.status, answer.text).toBe(303);
  const session = answer.headers
    .getSetCookie()
    .find((line) => line.startsWith('sena.session_token='))
    ?.split(';', 1)[0];
  return { location: answer.headers.get('location') as string, session };
}

async function signIn(id = ours) {
  const { url, cookie } = await begin(id);
  const { action, form } = await provider.visit(url);
  expect(action).toBe(`${testPublicUrl}/api/auth/saml/acs`);
  const location = await post(form);
  if (location === failed) {
    // Nothing was kept for this browser either.
    expect(await fetchSession(cookie)).toEqual(refused);
    return refused;
  }
  expect(location).toBe(`${testPublicUrl}/api/auth/saml/finish`);
  return fetchSession(cookie);
}
const me = (session: string | undefined) =>
  gateway.call('GET', '/v1/me', { as: null, headers: session === undefined ? {} : { cookie: session } });
const failed = `${testPublicUrl}/sign-in?failed=unauthenticated`;
const refused = { location: failed, session: undefined };
/** What a test changes is the only thing that is wrong. */
async function works() {
  provider.reset();
  be('control');
  expect((await me((await signIn()).session)).status).toBe(200);
}

describe('who signs in for the first time', () => {
  it('becomes a viewer of the organization, and is the same person the next time', async () => {
    be('nia');
    const first = await signIn();
    expect(first.location).toBe(`${testPublicUrl}/runs`);
    const asked = await me(first.session);
    expect(asked.json).toMatchObject({
      user: { email: 'nia@northwind.test', name: 'nia of the provider' },
      ...{ role: 'viewer', scope: null, by: 'session', organization: { id: gateway.ours.id } },
    });
    be('nia', { email: 'nia.new@northwind.test' });
    expect((await me((await signIn()).session)).json.user.id).toBe(asked.json.user.id);
  });

  it('gets the role and the bounds that an owner chose', async () => {
    await put({ defaultRole: 'operator', defaultScope: 'env=staging' });
    be('omar');
    expect((await me((await signIn()).session)).json).toMatchObject({ role: 'operator', scope: 'env=staging' });
    await put();
  });

  it('is the member with the same address; another person with that address is not', async () => {
    be('viewer');
    expect((await me((await signIn()).session)).json.user.id).toBe(gateway.ours.members.viewer.userId);
    be('viewer', { nameId: 'another viewer' });
    expect(await signIn()).toEqual(refused);
  });

  it('does not come back once removed', async () => {
    be('leaver');
    const { session } = await signIn();
    const { json } = await me(session);
    await gateway.call('DELETE', `/v1/members/${json.user.id}`);
    expect((await me(session)).status).toBe(401);
    expect(await signIn()).toEqual(refused);
  });

  it('may be named by an address alone', async () => {
    be('x', {
      nameId: 'Mail@Northwind.test',
      nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      email: '',
    });
    expect((await me((await signIn()).session)).json.user.email).toBe('mail@northwind.test');
  });
});

describe('a provider’s word', () => {
  it.each<[string, Partial<SamlClaims>]>([
    ['of another domain', { email: 'eve@contoso.test' }],
    ['of a domain that ends alike', { email: 'eve@evilnorthwind.test' }],
    ['of a sub-domain', { email: 'eve@sub.northwind.test' }],
    ['with two domains', { email: 'eve@contoso.test@northwind.test' }],
    ['that is missing', { email: '' }],
    ['with a control character', { email: 'eve&#9;@northwind.test' }],
    ['with elements in it', { email: 'eve@northwind.test<x/>' }],
  ])('about an address %s is not believed', async (_what, changes) => {
    be('eve', changes);
    expect(await signIn()).toEqual(refused);
    await works();
  });

  it('about somebody of another organization reaches nobody there, and tells nothing, although it claims their domain', async () => {
    const victim = gateway.theirs.members.owner;
    await put({ domains: ['contoso.test', 'northwind.test'] });
    be('mallory', { email: victim.email });
    const known = await me((await signIn()).session);
    be('mallory 2', { email: 'nobody@contoso.test' });
    const unknown = await me((await signIn()).session);
    for (const { status, json } of [known, unknown])
      expect([status, json.role, json.organization.id]).toEqual([200, 'viewer', gateway.ours.id]);
    expect(known.json.user.id).not.toBe(victim.userId);
    await put();
  });

  it('is believed about one organization: an answer for another one, of the same provider, is not for ours', async () => {
    const as = { as: gateway.theirs.members.owner };
    const theirs = await put({ domains: ['contoso.test'] }, as);
    const [atOurs, atTheirs] = [await begin(), await begin(theirs.json.provider.id)];
    expect(theirs.json.saml.entityId).not.toBe((await gateway.call('GET', '/v1/sign-in-provider')).json.saml.entityId);
    be('nia', { audience: theirs.json.saml.entityId });
    expect(await post((await provider.visit(atOurs.url)).form)).toBe(failed);
    // And one with our name, sent as the answer to their request.
    be('carla', { email: 'carla@contoso.test' });
    expect(await post((await provider.visit(atTheirs.url)).form)).toBe(failed);
    await gateway.call('DELETE', '/v1/sign-in-provider', as);
  });

  it.each<[string, (claims: SamlClaims) => Partial<SamlClaims>]>([
    ['another issuer', () => ({ issuer: 'https://evil.test' })],
    ['another audience', () => ({ audience: 'https://evil.test' })],
    ['another recipient', () => ({ recipient: 'https://evil.test/acs' })],
    ['another destination', () => ({ destination: 'https://evil.test/acs' })],
    ['another request answered', () => ({ inResponseTo: `r${'0'.repeat(64)}` })],
    [
      'the right request outside and another one inside',
      (of) => ({ inResponseTo: 'rx', outerInResponseTo: of.inResponseTo }),
    ],
    ['no request answered', () => ({ inResponseTo: '' })],
    ['its time over', () => ({ notOnOrAfter: new Date(Date.now() - 61_000) })],
    ['its time to come', () => ({ notBefore: new Date(Date.now() + 90_000) })],
    [
      'a time long ago, and no end',
      () => ({ issuedAt: new Date(Date.now() - 7_200_000), notOnOrAfter: new Date(Date.now() + 9e9) }),
    ],
    ['another name each time', () => ({ nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' })],
    ['no name', () => ({ nameId: '' })],
  ])('with %s is not believed', async (_what, changes) => {
    provider.say = (claims) => ({ nameId: 'tampered', email: 'tampered@northwind.test', ...changes(claims) });
    expect(await signIn()).toEqual(refused);
    await works();
  });

  it.each<[string, string | RegExp, string]>([
    ['no audience', /<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, ''],
    ['no recipient', / Recipient="[^"]*"/, ''],
    ['no answered request inside', /(<saml:SubjectConfirmationData[^>]*?) InResponseTo="[^"]*"/, '$1'],
    [
      'no end of its confirmation',
      /<saml:SubjectConfirmationData NotOnOrAfter="[^"]*"/,
      '<saml:SubjectConfirmationData',
    ],
    ['no conditions', /<saml:Conditions.*<\/saml:Conditions>/, ''],
    ['no statement that somebody signed in', /<saml:AuthnStatement.*<\/saml:AuthnStatement>/, ''],
    [
      'a second restriction to somebody else',
      '</saml:Conditions>',
      '<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction></saml:Conditions>',
    ],
    ['a holder of a key instead of a bearer', 'cm:bearer', 'cm:holder-of-key'],
    ['a time that is none', /NotOnOrAfter="[^"]*"/, 'NotOnOrAfter="tomorrow"'],
    ['a failure', 'status:Success', 'status:Responder'],
    ['a comment in the name', '>tampered<', '>tampered<!-- -->.x<'],
  ])('with %s, well signed, is not believed', async (_what, from, to) => {
    be('tampered');
    provider.write = (xml) => {
      expect(xml.replace(from, to)).not.toBe(xml);
      return xml.replace(from, to);
    };
    expect(await signIn()).toEqual(refused);
    await works();
  });

  it('is believed within a minute of a clock that differs', async () => {
    be('late', { notOnOrAfter: new Date(Date.now() - 30_000) });
    expect((await signIn()).session).toBeDefined();
    be('early', { notBefore: new Date(Date.now() + 30_000), issuedAt: new Date(Date.now() + 30_000) });
    expect((await signIn()).session).toBeDefined();
  });
});

describe('a signature', () => {
  it.each<[string, Partial<TestSamlProvider['sign']>]>([
    ['that is missing', { what: 'nothing' }],
    ['of the answer alone', { what: 'response' }],
    ['by another key, which it brings along', { with: 'other' }],
    ['by another key, of both', { with: 'other', what: 'both' }],
    ['with SHA-1', { algorithm: sha1 }],
  ])('%s is none', async (_what, changes) => {
    be('tampered');
    provider.sign = { ...provider.sign, ...changes };
    expect(await signIn()).toEqual(refused);
    await works();
  });

  it('of the answer and of the assertion is two good ones', async () => {
    be('both');
    provider.sign = { ...provider.sign, what: 'both' };
    expect((await signIn()).session).toBeDefined();
  });

  it('by a second certificate counts while it is listed, and no longer', async () => {
    await put({ certificates: [provider.certificate, provider.otherCertificate] });
    be('rotated');
    provider.sign = { ...provider.sign, with: 'other' };
    expect((await signIn()).session).toBeDefined();
    await put();
    expect(await signIn()).toEqual(refused);
  });

  it.each<[string, (xml: string) => string]>([
    ['the name', (xml) => xml.replace('>tampered<', '>owner<')],
    ['the address', (xml) => xml.replace('tampered@', 'owner@')],
    ['its digest', (xml) => xml.replace(/<ds:DigestValue>./, '<ds:DigestValue>A')],
    ['its value', (xml) => xml.replace(/(<ds:SignatureValue>.{9})../, '$1AA')],
    ['what it is of', (xml) => xml.replace(/URI="#[^"]+"/, 'URI=""')],
    ['its method, to HMAC', (xml) => xml.replace('xmldsig-more#rsa-sha256', 'xmldsig-more#hmac-sha256')],
  ])('holds no more once somebody changes %s', async (_what, tamper) => {
    be('tampered');
    provider.tamper = (xml) => {
      expect(tamper(xml)).not.toBe(xml);
      return tamper(xml);
    };
    expect(await signIn()).toEqual(refused);
    await works();
  });

  const parts = (xml: string) => {
    const assertion = /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml)?.[0] as string;
    const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(assertion)?.[0] as string;
    const evil = assertion
      .replace(signature, '')
      .replaceAll('tampered', 'owner')
      .replace(/ ID="[^"]+"/, ' ID="_evil"');
    return { assertion, signature, evil, bare: assertion.replace(signature, '') };
  };
  it.each<[string, (xml: string, of: ReturnType<typeof parts>) => string]>([
    [
      '1: a forged answer around the signed one',
      (xml, { evil }) =>
        xml
          .replace(/<saml:Assertion .*<\/saml:Assertion>/s, '')
          .replace('</samlp:Response>', `${evil}<samlp:Extensions>${xml}</samlp:Extensions></samlp:Response>`),
    ],
    [
      '2: a forged assertion before the signed one',
      (xml, { assertion, evil }) => xml.replace(assertion, evil + assertion),
    ],
    [
      '3: a forged assertion after the signed one',
      (xml, { assertion, evil }) => xml.replace(assertion, assertion + evil),
    ],
    [
      '4: the signed assertion within the forged one',
      (xml, { assertion, evil }) =>
        xml.replace(assertion, evil.replace('</saml:Assertion>', `${assertion}</saml:Assertion>`)),
    ],
    [
      '5: a forged assertion with the signature, the signed one at its end',
      (xml, { assertion, signature, evil, bare }) =>
        xml.replace(assertion, evil.replace('</saml:Issuer>', `</saml:Issuer>${signature}`) + bare),
    ],
    [
      '6: the signed assertion within the signature of the forged one',
      (xml, { assertion, signature, evil, bare }) =>
        xml.replace(
          assertion,
          evil.replace(
            '</saml:Issuer>',
            `</saml:Issuer>${signature.replace('</ds:Signature>', `${bare}</ds:Signature>`)}`,
          ),
        ),
    ],
    [
      '7: the signed assertion in the extensions',
      (xml, { assertion, evil }) => xml.replace(assertion, `<samlp:Extensions>${assertion}</samlp:Extensions>${evil}`),
    ],
    [
      '8: the signed assertion in an object of the signature',
      (xml, { assertion, signature, evil, bare }) =>
        xml.replace(
          assertion,
          evil.replace(
            '</saml:Issuer>',
            `</saml:Issuer>${signature.replace('</ds:Signature>', `<ds:Object>${bare}</ds:Object></ds:Signature>`)}`,
          ),
        ),
    ],
    [
      '9: both with the same id',
      (xml, { assertion, evil }) =>
        xml.replace(assertion, evil.replace('_evil', /ID="([^"]+)"/.exec(assertion)?.[1] as string) + assertion),
    ],
    [
      '10: the signed assertion under another name space',
      (xml, { assertion, evil }) => xml.replace(assertion, `${evil}<x:Wrap xmlns:x="urn:x">${assertion}</x:Wrap>`),
    ],
    [
      '11: the forged assertion without a name space',
      (xml, { assertion, evil }) => xml.replace(assertion, evil.replaceAll('saml:', '') + assertion),
    ],
    [
      '12: a second id on the forged one',
      (xml, { assertion, evil }) =>
        xml.replace(
          assertion,
          evil.replace(' ID="_evil"', ` id="${/ID="([^"]+)"/.exec(assertion)?.[1]}" ID="_evil"`) + assertion,
        ),
    ],
  ])('wrapped another way, XSW %s, signs nobody in', async (_what, wrap) => {
    be('tampered');
    provider.tamper = (xml) => wrap(xml, parts(xml));
    const signIns = () => gateway.admin.query(`select 1 from identity.session where "signInProviderId" is not null`);
    const before = (await signIns()).rowCount;
    expect(await signIn()).toEqual(refused);
    expect((await signIns()).rowCount).toBe(before);
    await works();
  });
});

describe('XML', () => {
  it.each<[string, (xml: string) => string]>([
    [
      'with an external entity',
      (xml) => `<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml.replace('>Ada<', '>&e;<')}`,
    ],
    [
      'with entities of entities',
      (xml) =>
        `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>${xml.replace('>Ada<', '>&b;<')}`,
    ],
    ['with an instruction', (xml) => `<?xml-stylesheet href="http://127.0.0.1/x.xsl"?>${xml}`],
    ['with an entity that is not declared', (xml) => xml.replace('</saml:Issuer>', '&nbsp;</saml:Issuer>')],
    ['of 200 KB', (xml) => xml.replace('</samlp:Response>', `${' '.repeat(200_000)}</samlp:Response>`)],
    [
      'nested a thousand levels deep',
      (xml) => xml.replace('</samlp:Response>', `${'<a>'.repeat(1_000)}${'</a>'.repeat(1_000)}</samlp:Response>`),
    ],
    [
      'with ten thousand elements',
      (xml) => xml.replace('</samlp:Response>', `${'<a/>'.repeat(10_000)}</samlp:Response>`),
    ],
    ['that is not well-formed', (xml) => xml.replace('</samlp:Response>', '')],
    ['that is none', () => 'words'],
    ['that is empty', () => ''],
    ['with a NUL', (xml) => xml.replace('>Ada<', '>A&#0;da<')],
    ['in UTF-16', (xml) => Buffer.from(xml, 'utf16le').toString('latin1')],
  ])('%s is refused, quickly', async (_what, tamper) => {
    provider.tamper = tamper;
    const { url } = await begin();
    const page = await fetch(url);
    const value = /value="([^"]*)"/.exec(await page.text())?.[1] as string;
    const started = performance.now();
    const answer = await gateway.call('POST', '/api/auth/saml/acs', {
      as: null,
      body: new URLSearchParams({ SAMLResponse: value }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([303, 413]).toContain(answer.status);
    if (answer.status === 303) expect(answer.headers.get('location')).toBe(failed);
    expect(performance.now() - started).toBeLessThan(5_000);
    await works();
  });

  it.each([
    '',
    'SAMLResponse=',
    'SAMLResponse=%ff',
    'SAMLResponse=****',
    'RelayState=x',
    'SAMLResponse=a&SAMLResponse=b',
  ])('is not in the form %j', async (form) => {
    expect(await post(new URLSearchParams(form))).toBe(failed);
  });
});

describe('an answer', () => {
  it('is heard once', async () => {
    be('nia');
    const { url, cookie } = await begin();
    const { form } = await provider.visit(url);
    expect(await post(form)).not.toBe(failed);
    expect(await post(form)).toBe(failed);
    expect((await fetchSession(cookie)).session).toBeDefined();
    expect(await post(form)).toBe(failed);
    expect(await fetchSession(cookie)).toEqual(refused);
  });

  it('with the id of one that was heard before is refused', async () => {
    be('nia', { assertionId: '_the-same' });
    expect((await signIn()).session).toBeDefined();
    expect(await signIn()).toEqual(refused);
    await works();
  });

  it('is of the browser that asked', async () => {
    be('nia');
    const [one, two] = [await begin(), await begin()];
    expect(await post((await provider.visit(one.url)).form)).not.toBe(failed);
    expect(await fetchSession(two.cookie)).toEqual(refused);
    expect(await fetchSession('sena.sign_in_state=')).toEqual(refused);
    expect((await fetchSession(one.cookie)).session).toBeDefined();
  });

  it('that comes too late, or to nothing that was asked, is refused', async () => {
    const { url } = await begin();
    const { form } = await provider.visit(url);
    await gateway.admin.query('update identity.sign_in_attempts set expires_at = now()');
    expect(await post(form)).toBe(failed);
  });

  it('can not be posted without end', async () => {
    const bounded = await openTestGateway(['owner'], { enrolmentsPerMinute: 3 });
    const send = () =>
      bounded.call('POST', '/api/auth/saml/acs', {
        as: null,
        body: 'SAMLResponse=x',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    for (let n = 0; n < 3; n += 1) expect((await send()).status).toBe(303);
    expect((await send()).status).toBe(429);
    await bounded.close();
  });
});

describe('the provider itself', () => {
  it('is asked with an id of its own, and comes back to this address', async () => {
    const { url } = await begin();
    expect(url.startsWith(`${provider.ssoUrl}?SAMLRequest=`)).toBe(true);
  });

  it.each<[string, () => Promise<string>]>([
    ['of a weak key', async () => (await makeCertificate('weak', 'rsa:1024')).certificate],
    ['of words', async () => 'words'],
    ['of a key alone', async () => (await makeCertificate('key')).key],
  ])('with a certificate %s is not set', async (_what, certificate) => {
    expect((await put({ certificates: [await certificate()] })).json).toMatchObject({ code: 'validation_failed' });
    await works();
  });

  it('is not asked over http, nor by a script', async () => {
    for (const ssoUrl of ['http://id.northwind.test/sso', 'javascript:alert(1)', 'data:text/html,x'])
      expect((await put({ ssoUrl })).json.code).toBe('validation_failed');
  });

  it('is written down in the audit, by the fingerprints of its certificates', async () => {
    await put();
    const audit = await gateway.call('GET', '/v1/audit-events?limit=50');
    const set = audit.json.items.find(({ action }: { action: string }) => action === 'sign_in_provider.set');
    expect(set.data.certificates).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  it('has metadata for every organization, there or not', async () => {
    const nobodys = 'org_01940000-0000-7000-8000-000000000000';
    const answers = await Promise.all(
      [gateway.theirs.id, nobodys].map((id) =>
        gateway
          .call('GET', `/api/auth/saml/${id}/metadata`, { as: null })
          .then(({ status, text }) => ({ status, text: text.replaceAll(id, '…') })),
      ),
    );
    expect(answers[0]).toEqual(answers[1]);
  });

  it('that is changed to another kind, or removed, takes its sessions along', async () => {
    be('nia');
    const { session } = await signIn();
    expect((await gateway.call('DELETE', '/v1/sign-in-provider')).status).toBe(204);
    expect((await me(session)).status).toBe(401);
    const begun = await gateway.call('POST', '/v1/sign-in/provider', { as: null, body: { provider: ours } });
    expect(begun.json.code).toBe('not_found');
  });
});
