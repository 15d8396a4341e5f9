// Passkeys for signing in and passkeys for approvals are two kinds: neither does what the other is for. And a session that an organization's
// provider began gets at no passkey of somebody who belongs to other organizations too.
import { requestApproval } from '@sena/approvals/request-approval';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool } from '@sena/db/tenant';
import { actionChallenge, actionDigest } from '@sena/envelope/action-digest';
import { createSoftwarePasskey, type SoftwareAssertion, type SoftwarePasskey } from '@sena/testing/software-passkey';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  openTestGateway,
  type TestGateway,
  testPassword,
  testPublicUrl,
} from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
/** The approver's own session. */
let own: string;
const here = { rpId: 'localhost', origin: testPublicUrl };

const auth = (method: string, path: string, cookie: string, body?: object) =>
  gateway.call(method, `/api/auth/${path}`, {
    as: null,
    body,
    headers: { ...(cookie === '' ? {} : { cookie }), origin: testPublicUrl },
  });
const cookiesOf = (answer: Answer) =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .filter((cookie) => !cookie?.endsWith('='))
    .join('; ');
const me = (cookie: string) => gateway.call('GET', '/v1/me', { as: null, headers: { cookie } });
const signedIn = async (email: string) =>
  cookiesOf(await auth('POST', 'sign-in/email', '', { email, password: testPassword }));

async function register(session: string, context = '', passkey = createSoftwarePasskey(here)) {
  const options = await auth('GET', `passkey/generate-register-options${context}`, session);
  if (options.status !== 200) return { answer: options, passkey };
  const answer = await auth('POST', 'passkey/verify-registration', `${session}; ${cookiesOf(options)}`, {
    response: passkey.register(options.json.challenge),
  });
  return { answer, passkey };
}

const shaped = ({ credentialId, ...response }: SoftwareAssertion) => ({
  response: { id: credentialId, rawId: credentialId, type: 'public-key', clientExtensionResults: {}, response },
});
async function signInWith(passkey: SoftwarePasskey, said: Parameters<SoftwarePasskey['assert']>[1] = {}) {
  const options = await auth('GET', 'passkey/generate-authenticate-options', '');
  return auth(
    'POST',
    'passkey/verify-authentication',
    cookiesOf(options),
    shaped(passkey.assert(options.json.challenge, said)),
  );
}

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'operator', 'approver'], { enrolmentsPerMinute: 10_000 });
  own = await signedIn(gateway.ours.members.approver.email);
}, 60_000);
afterAll(() => gateway.close());

describe('a passkey for signing in', () => {
  let passkey: SoftwarePasskey;
  beforeAll(async () => {
    const registered = await register(own, '?context=sign_in');
    expect(registered.answer.status, registered.answer.text).toBe(200);
    ({ passkey } = registered);
  });

  it('signs its person in, and is listed for what it is', async () => {
    const answer = await signInWith(passkey);
    expect(answer.status, answer.text).toBe(200);
    expect((await me(cookiesOf(answer))).json).toMatchObject({
      user: { id: gateway.ours.members.approver.userId },
      by: 'session',
    });
    const listed = await auth('GET', 'passkey/list-user-passkeys', own);
    expect(listed.json).toMatchObject([{ credentialID: passkey.credentialId, purpose: 'sign_in' }]);
  });

  it.each<[string, Parameters<SoftwarePasskey['assert']>[1]]>([
    ['its person not verified', { flags: 0b001 }],
    ['nobody there', { flags: 0b100 }],
    ['a page of another site', { origin: 'https://evil.test' }],
    ['another site’s key', { rpId: 'evil.test' }],
    ['what makes a passkey instead of using it', { type: 'webauthn.create' }],
  ])('with %s signs nobody in', async (_what, said) => {
    const answer = await signInWith(passkey, said);
    expect(answer).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    expect(cookiesOf(answer)).not.toContain('session_token');
  });

  it('signs in once for each challenge, and with its own challenge alone', async () => {
    const [one, two] = [
      await auth('GET', 'passkey/generate-authenticate-options', ''),
      await auth('GET', 'passkey/generate-authenticate-options', ''),
    ];
    const send = (cookie: string, challenge: string) =>
      auth('POST', 'passkey/verify-authentication', cookie, shaped(passkey.assert(challenge)));
    expect((await send(cookiesOf(two), one.json.challenge)).status).toBe(401);
    expect((await send('', one.json.challenge)).status).toBe(401);
    expect((await send(cookiesOf(one), one.json.challenge)).status).toBe(200);
    expect((await send(cookiesOf(one), one.json.challenge)).status).toBe(401);
  });

  it('of another person’s name, or of nobody, is answered alike', async () => {
    const nobodys = await signInWith(createSoftwarePasskey(here));
    const forged = { ...createSoftwarePasskey(here), credentialId: passkey.credentialId };
    const options = await auth('GET', 'passkey/generate-authenticate-options', '');
    const body = shaped({ ...forged.assert(options.json.challenge), credentialId: passkey.credentialId });
    const theirs = await auth('POST', 'passkey/verify-authentication', cookiesOf(options), body);
    const without = ({ status, json }: Answer) => ({ status, detail: json.detail, code: json.code });
    expect(without(theirs)).toEqual(without(nobodys));
    expect(nobodys.status).toBe(401);
  });

  it('decides nothing, although it signs the digest', async () => {
    const { approvalId, digest } = await openApproval();
    const refused = await decide(approvalId, digest, passkey.assert(actionChallenge(digest)));
    expect(refused).toMatchObject({ status: 422, json: { code: 'passkey_refused' } });
    expect((await gateway.call('GET', `/v1/approvals/${approvalId}`)).json.status).toBe('pending');
    // The one that is for it does.
    const approving = await register(own);
    const approved = await decide(approvalId, digest, approving.passkey.assert(actionChallenge(digest)));
    expect(approved).toMatchObject({ status: 200, json: { status: 'approved' } });
  });

  it('is tried so often, and no more', async () => {
    const wrong = createSoftwarePasskey(here);
    for (let n = 0; n < 10; n += 1) expect((await signInWith(wrong)).status).toBe(401);
    expect((await signInWith(wrong)).status).toBe(429);
    expect((await signInWith(passkey)).status).toBe(200);
  });

  it('is written down in the audit, added and removed, with what it is for', async () => {
    const added = await register(own, '?context=sign_in');
    expect((await auth('POST', 'passkey/delete-passkey', own, { id: added.answer.json.id })).status).toBe(200);
    const { rows } = await gateway.admin.query(
      `select action, data ->> 'purpose' as purpose from sena.audit_events where subject = $1 order by id`,
      [added.answer.json.id],
    );
    expect(rows).toEqual([
      { action: 'passkey.added', purpose: 'sign_in' },
      { action: 'passkey.removed', purpose: 'sign_in' },
    ]);
    expect((await signInWith(added.passkey)).status).toBe(401);
  });

  it('that another organization’s person has is refused as a wrong one is: that somebody has it, nobody learns', async () => {
    const theirs = await register(await signedIn(gateway.theirs.members.owner.email), '?context=sign_in');
    expect(theirs.answer.status).toBe(200);
    const taken = await register(own, '?context=sign_in', theirs.passkey);
    const another = createSoftwarePasskey(here);
    const wrong = await register(own, '?context=sign_in', {
      ...another,
      register: () => another.register(Buffer.alloc(32).toString('base64url')),
    });
    const said = ({ answer: { status, json } }: typeof taken) => ({ status, code: json.code, detail: json.detail });
    expect(said(taken)).toEqual(said(wrong));
    expect(said(taken)).toMatchObject({ status: 422, code: 'validation_failed' });
  });

  it('is made by a person who was verified', async () => {
    const passkey = createSoftwarePasskey(here);
    const unverified = {
      ...passkey,
      register: (challenge: string) => {
        const made = passkey.register(challenge) as { response: { attestationObject: string } };
        const bytes = Buffer.from(made.response.attestationObject, 'base64url');
        const at = bytes.indexOf(Buffer.from([0b0100_0101, 0, 0, 0, 0]));
        bytes[at] = 0b0100_0001;
        return { ...made, response: { ...made.response, attestationObject: bytes.toString('base64url') } };
      },
    };
    expect((await register(own, '?context=sign_in', unverified)).answer.status).toBe(401);
  });
});

describe('a passkey for approvals', () => {
  it.each(['', '?context=approval', '?context=sign-in', '?context=SIGN_IN'])(
    'registered with %j signs nobody in',
    async (context) => {
      const { answer, passkey } = await register(own, context);
      expect(answer.json).toMatchObject({ purpose: 'approval' });
      expect(await signInWith(passkey)).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    },
  );

  it('is not made into the other kind by what is sent along', async () => {
    const passkey = createSoftwarePasskey(here);
    const options = await auth('GET', 'passkey/generate-register-options', own);
    await auth('POST', 'passkey/verify-registration', `${own}; ${cookiesOf(options)}`, {
      ...{ response: passkey.register(options.json.challenge), purpose: 'sign_in', context: 'sign_in' },
    });
    expect((await signInWith(passkey)).status).toBe(401);
  });
});

describe('a session that a provider began', () => {
  let session: string;
  beforeAll(async () => {
    session = await signedIn(gateway.ours.members.operator.email);
    await gateway.admin.query(`update identity.session set "signInProviderId" = 'idp_ours' where "userId" = $1`, [
      gateway.ours.members.operator.userId,
    ]);
  });
  const endpoints = [
    ['GET', 'passkey/generate-register-options', undefined],
    ['POST', 'passkey/verify-registration', { response: {} }],
    ['GET', 'passkey/list-user-passkeys', undefined],
    ['POST', 'passkey/delete-passkey', { id: 'pass_x' }],
  ] as const;

  it('adds no passkey that signs in: that would be one for every organization', async () => {
    const { answer } = await register(session, '?context=sign_in');
    expect(answer).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    // Also not by a challenge that it got another way.
    const before = await signedIn(gateway.ours.members.operator.email);
    const options = await auth('GET', 'passkey/generate-register-options?context=sign_in', before);
    const passkey = createSoftwarePasskey(here);
    const verified = await auth('POST', 'passkey/verify-registration', `${session}; ${cookiesOf(options)}`, {
      response: passkey.register(options.json.challenge),
    });
    expect(verified.status).toBe(403);
    expect((await signInWith(passkey)).status).toBe(401);
  });

  it('adds passkeys for approvals of a person who belongs to this organization alone', async () => {
    expect((await register(session)).answer).toMatchObject({ status: 200, json: { purpose: 'approval' } });
  });

  it.each(endpoints)('of somebody who belongs to two: %s %s is refused', async (method, path, body) => {
    await gateway.admin.query(
      `insert into identity."member" (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'viewer', now())`,
      [newId('memb'), gateway.theirs.id, gateway.ours.members.operator.userId],
    );
    try {
      expect(await auth(method, path, session, body)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
      // Their own session goes on as before.
      const own = await signedIn(gateway.ours.members.operator.email);
      expect((await auth(method, path, own, body)).status).not.toBe(403);
    } finally {
      await gateway.admin.query(`delete from identity."member" where "organizationId" = $1 and "userId" = $2`, [
        gateway.theirs.id,
        gateway.ours.members.operator.userId,
      ]);
    }
  });
});

async function openApproval(): Promise<{ approvalId: string; digest: string }> {
  const { json } = await gateway.call('POST', '/v1/runs', { as: 'operator', body: { kind: 'ask', prompt: 'x' } });
  const node = {
    ...{ nodeId: newId('node'), satelliteId: newId('sat'), name: 'web-01', address: '10.0.0.1', port: 22 },
    ...{ hostKey: null, runAs: 'root', credential: 'default' },
  };
  const action = {
    ...{ v: 1 as const, organizationId: gateway.ours.id, runId: json.id, approvalNonce: newId('job') },
    ...{ notBefore: '2026-01-01T00:00:00.000Z', expiresAt: '2099-01-01T00:00:00.000Z' },
    commands: [
      {
        ...{ step: 's1', shell: 'sh' as const, command: 'systemctl restart nginx', environment: {} },
        limits: { timeoutMs: 60_000, outputBytesMax: 1_048_576 },
        nodes: [node],
      },
    ],
  };
  const pool = openPool(gateway.database.urls.app, { max: 1, applicationName: 'test', onError: () => undefined });
  const approvalId = await inOrganization(pool, gateway.ours.id, (transaction) =>
    requestApproval(transaction, {
      ...{ runId: json.id, action, effects: [], reasons: [], approversRequired: 1, passkeyRequired: true },
      ...{
        requestedBy: `member:${gateway.ours.members.operator.userId}`,
        requestedByName: 'Requester',
        requestedKey: null,
      },
      actor: 'service:orchestrator',
    }),
  );
  await pool.end();
  return { approvalId, digest: actionDigest(action) };
}

function decide(approvalId: string, digest: string, assertion: SoftwareAssertion): Promise<Answer> {
  return gateway.call('POST', `/v1/approvals/${approvalId}/decision`, {
    as: 'approver',
    body: { decision: 'approve', actionDigest: digest, assertion },
  });
}
