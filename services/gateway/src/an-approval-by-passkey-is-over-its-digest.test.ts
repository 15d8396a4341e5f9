import { requestApproval } from '@sena/approvals/request-approval';
import type { Action } from '@sena/contracts/envelope';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { actionChallenge, actionDigest } from '@sena/envelope/action-digest';
import { createSoftwarePasskey } from '@sena/testing/software-passkey';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway, testPassword, testPublicUrl } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let pool: Pool;
const satelliteId = newId('sat');
const here = { rpId: 'localhost', origin: testPublicUrl };

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'operator', 'approver']);
  pool = openPool(gateway.database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  const { json: site } = await gateway.call('POST', '/v1/sites', { body: { name: 'berlin' } });
  await gateway.admin.query(
    `insert into sena.satellites (id, organization_id, site_id, name, public_key, fingerprint, passkeys_to_change)
     values ($1, $2, $3, 'berlin-1', 'key', 'SHA256:x', 1)`,
    [satelliteId, gateway.ours.id, site.id],
  );
});
afterAll(async () => {
  await pool.end();
  await gateway.close();
});

let approvalId: string;
let action: Action;
beforeEach(async () => {
  const { json } = await gateway.call('POST', '/v1/runs', { as: 'operator', body: { kind: 'ask', prompt: 'x' } });
  const node = {
    ...{ nodeId: newId('node'), satelliteId, name: 'web-01', address: '10.0.0.1', port: 22 },
    ...{ hostKey: null, runAs: 'root', credential: 'default' },
  };
  action = {
    ...{ v: 1, organizationId: gateway.ours.id, runId: json.id, approvalNonce: newId('job') },
    ...{ notBefore: '2026-01-01T00:00:00.000Z', expiresAt: '2099-01-01T00:00:00.000Z' },
    commands: [
      {
        ...{ step: 's1', shell: 'sh', command: 'systemctl restart \u202enginx\u0007', environment: {} },
        limits: { timeoutMs: 60_000, outputBytesMax: 1_048_576 },
        nodes: [node],
      },
    ],
  };
  approvalId = await inOrganization(pool, gateway.ours.id, (transaction) =>
    requestApproval(transaction, {
      ...{ runId: json.id, action, effects: [], reasons: [], approversRequired: 1, passkeyRequired: false },
      ...{
        requestedBy: `member:${gateway.ours.members.operator.userId}`,
        requestedByName: 'Requester',
        requestedKey: null,
      },
      ...{ approversRequired: 1, passkeyRequired: false },
      actor: 'service:orchestrator',
    }),
  );
});

const challenge = () => actionChallenge(actionDigest(action));
const approve = (assertion?: unknown) =>
  gateway.call('POST', `/v1/approvals/${approvalId}/decision`, {
    as: 'approver',
    body: {
      decision: 'approve',
      actionDigest: actionDigest(action),
      ...(assertion === undefined ? {} : { assertion }),
    },
  });
const stored = async () =>
  (
    await gateway.admin.query('select decided_by, assertion from sena.approval_assertions where approval_id = $1', [
      approvalId,
    ])
  ).rows;
const statusOf = async () => (await gateway.call('GET', `/v1/approvals/${approvalId}`)).json.status;

/** As better-auth stores what a person registered. */
async function registered() {
  const passkey = createSoftwarePasskey(here);
  await gateway.admin.query(
    `insert into identity.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp") values ($1, $2, $3, $4, 0, 'singleDevice', false)`,
    [
      newId('pass'),
      Buffer.from(passkey.publicKey, 'base64url').toString('base64'),
      gateway.ours.members.approver.userId,
      passkey.credentialId,
    ],
  );
  return passkey;
}

describe('where a satellite demands a passkey', () => {
  it('that is shown, and an approval without one is refused and stays open', async () => {
    const shown = await gateway.call('GET', `/v1/approvals/${approvalId}`, { as: 'approver' });
    expect(shown.json.passkeys).toEqual([{ satellite: { id: satelliteId, name: 'berlin-1' }, people: 1 }]);
    expect(await approve()).toMatchObject({
      status: 409,
      json: { code: 'passkey_required', detail: expect.stringMatching(/^berlin-1 changes nothing.*sena approve/) },
    });
    expect(await statusOf()).toBe('pending');
  });

  it('to reject needs none', async () => {
    const rejected = await gateway.call('POST', `/v1/approvals/${approvalId}/decision`, {
      as: 'approver',
      body: { decision: 'reject' },
    });
    expect(rejected).toMatchObject({ status: 200, json: { status: 'rejected' } });
  });
});

describe('an approval by passkey', () => {
  it('is stored as it came, for the signer; a passkey that is not registered here is the satellite’s to judge', async () => {
    const assertion = createSoftwarePasskey(here).assert(challenge());
    expect(await approve(assertion)).toMatchObject({ status: 200, json: { status: 'approved' } });
    expect(await stored()).toEqual([{ decided_by: `member:${gateway.ours.members.approver.userId}`, assertion }]);
    const audited = await gateway.admin.query(
      `select data from sena.audit_events where action = 'approval.approved' and subject = $1`,
      [approvalId],
    );
    expect(audited.rows[0].data).toMatchObject({ passkey: assertion.credentialId });
  });

  it('is verified against the registered one', async () => {
    expect(await approve((await registered()).assert(challenge()))).toMatchObject({ status: 200 });
  });

  const wrong: Array<[string, RegExp, () => Promise<unknown>]> = [
    [
      'is over another digest',
      /signed something else/,
      async () => createSoftwarePasskey(here).assert(actionChallenge(`sha256:${'0'.repeat(64)}`)),
    ],
    [
      'holds no client data',
      /signed something else/,
      async () => ({ ...createSoftwarePasskey(here).assert(challenge()), clientDataJSON: 'AAAA' }),
    ],
    [
      'was made by another key',
      /not made by the listed key/,
      async () => ({
        ...createSoftwarePasskey(here).assert(challenge()),
        credentialId: (await registered()).credentialId,
      }),
    ],
    [
      'was made on another page',
      /listed origins/,
      async () => (await registered()).assert(challenge(), { origin: 'https://evil.test' }),
    ],
    [
      'did not verify its owner',
      /could not be verified/,
      async () => (await registered()).assert(challenge(), { flags: 1 }),
    ],
  ];
  it.each(wrong)('that %s is refused and stays open', async (_name, why, assertion) => {
    expect(await approve(await assertion())).toMatchObject({
      status: 422,
      json: { code: 'passkey_refused', detail: expect.stringMatching(why) },
    });
    expect(await statusOf()).toBe('pending');
    expect(await stored()).toEqual([]);
  });

  it('has its four parts and nothing else', async () => {
    const assertion = createSoftwarePasskey(here).assert(challenge());
    for (const odd of [
      { ...assertion, more: 1 },
      { ...assertion, signature: '+/=' },
      { ...assertion, signature: 'A'.repeat(3_000) },
      {},
      'x',
    ]) {
      expect((await approve(odd)).json).toMatchObject({ code: 'validation_failed' });
    }
  });
});

describe('the action itself', () => {
  it('is given byte for byte, so that its digest can be recomputed', async () => {
    const { json } = await gateway.call('GET', `/v1/approvals/${approvalId}/action`, { as: 'approver' });
    expect(json).toMatchObject({
      action,
      actionDigest: actionDigest(action),
      mayDecide: true,
      passkeys: [{ people: 1 }],
    });
    expect(actionDigest(json.action)).toBe(actionDigest(action));
  });

  it('is nobody else’s', async () => {
    const foreign = await gateway.call('GET', `/v1/approvals/${approvalId}/action`, {
      as: gateway.theirs.members.owner,
    });
    expect(foreign).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });
});

it('a passkey is registered by who is signed in, listed with its key, and approves', async () => {
  const { email, userId } = gateway.ours.members.approver;
  const signedIn = await gateway.call('POST', '/api/auth/sign-in/email', {
    ...{ as: null, body: { email, password: testPassword }, headers: { origin: testPublicUrl } },
  });
  const session = cookiesOf(signedIn.headers);
  const auth = (method: string, path: string, cookie: string, body?: object) =>
    gateway.call(method, `/api/auth/passkey/${path}`, {
      ...{ as: null, headers: { cookie, origin: testPublicUrl } },
      ...(body === undefined ? {} : { body }),
    });
  const options = await auth('GET', 'generate-register-options', session);
  expect(options).toMatchObject({
    status: 200,
    json: { rp: { id: 'localhost' }, authenticatorSelection: { userVerification: 'required' } },
  });
  const both = `${session}; ${cookiesOf(options.headers)}`;
  const passkey = createSoftwarePasskey(here);
  const foreign = createSoftwarePasskey({ ...here, origin: 'https://evil.test' });
  expect(
    (await auth('POST', 'verify-registration', both, { response: foreign.register(options.json.challenge) })).status,
  ).toBe(422);
  const again = await auth('GET', 'generate-register-options', session);
  const response = passkey.register(again.json.challenge);
  const made = await auth('POST', 'verify-registration', `${session}; ${cookiesOf(again.headers)}`, { response });
  expect(made).toMatchObject({ status: 200, json: { credentialID: passkey.credentialId, userId } });
  const listed = await auth('GET', 'list-user-passkeys', session);
  const found = listed.json.find((each: { credentialID: string }) => each.credentialID === passkey.credentialId);
  expect(Buffer.from(found.publicKey, 'base64').toString('base64url')).toBe(passkey.publicKey);
  expect(await approve(passkey.assert(challenge()))).toMatchObject({ status: 200 });
  const audited = await gateway.admin.query(`select data from sena.audit_events where action = 'passkey.added'`);
  expect(audited.rows.map(({ data }) => data.credentialId)).toContain(passkey.credentialId);

  expect((await gateway.call('GET', '/api/auth/passkey/generate-register-options', { as: null })).status).toBe(401);
  expect((await auth('POST', 'update-passkey', session, {})).status).toBe(404);
});

function cookiesOf(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((each) => each.split(';', 1)[0])
    .join('; ');
}
