import type { JoinToken } from '@sena/contracts/http/fleet';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeEnrolment } from './fixtures/make-enrolment.ts';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let siteId: string;

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'admin', 'operator', 'viewer']);
  siteId = (await gateway.call('POST', '/v1/sites', { body: { name: 'berlin' } })).json.id;
});
afterAll(() => gateway.close());

const keys = async () => (await gateway.call('GET', '/v1/dispatch-keys')).json;
const audit = async (action: string) =>
  (
    await gateway.admin.query('select actor, subject, data from sena.audit_events where action = $1 order by at', [
      action,
    ])
  ).rows;

/** As the signer leaves it. */
async function rotate(sequence: number): Promise<string> {
  const id = `dkey_00000000-0000-7000-8000-${String(sequence).padStart(12, '0')}`;
  const { publicKeySpki, fingerprint } = generateKeyPair();
  await gateway.admin.query(
    'insert into sena.dispatch_keys (id, organization_id, public_key, fingerprint, sequence) values ($1, $2, $3, $4, $5)',
    [id, gateway.ours.id, publicKeySpki, fingerprint, sequence],
  );
  await gateway.admin.query('update sena.dispatch_key_requests set done_at = now() where done_at is null');
  return id;
}
async function enrol({ token, dispatchKeyFingerprint: pin }: JoinToken, name: string) {
  const body = makeEnrolment(token, { pin, name });
  return gateway.call('POST', '/v1/enrolments', { as: null, body });
}
const joinToken = async (): Promise<JoinToken> =>
  (await gateway.call('POST', `/v1/sites/${siteId}/join-tokens`, { body: {} })).json;

describe('dispatch keys', () => {
  it('are shown without their private halves, and rotated by owners and admins alone', async () => {
    const before = await keys();
    expect(before.items).toMatchObject([{ status: 'newest', satelliteCount: 0, retiredAt: null }]);
    expect(Object.keys(before.items[0]).toSorted()).toEqual(
      ['id', 'fingerprint', 'status', 'satelliteCount', 'createdAt', 'retiredAt'].toSorted(),
    );
    // It tells of the whole fleet: nothing for who sees a part of it.
    expect((await gateway.call('GET', '/v1/dispatch-keys', { as: 'viewer' })).status).toBe(403);
    for (const as of ['operator', 'viewer'] as const)
      expect((await gateway.call('POST', '/v1/dispatch-keys/rotations', { as })).status).toBe(403);
    expect(await audit('dispatch_key.rotation_requested')).toEqual([]);
    const asked = await gateway.call('POST', '/v1/dispatch-keys/rotations', {
      as: 'admin',
      body: { reason: 'yearly' },
    });
    expect(asked.status).toBe(202);
    // Twice, before the signer has come to it, is once.
    expect((await gateway.call('POST', '/v1/dispatch-keys/rotations')).json.id).toBe(asked.json.id);
    expect((await keys()).requests).toMatchObject([{ kind: 'rotation', id: asked.json.id, refusal: null }]);
    expect(await audit('dispatch_key.rotation_requested')).toMatchObject([
      { actor: `member:${gateway.ours.members.admin.userId}`, data: { requestId: asked.json.id, reason: 'yearly' } },
    ]);
  });

  it('join commands pin the newest; a satellite that was told of the one before is counted there, and one is not retired under it', async () => {
    const old = await joinToken();
    const newId = await rotate(2);
    const [newest, former] = (await keys()).items;
    expect([newest.id, newest.status, former.status]).toEqual([newId, 'newest', 'believed']);
    const young = await joinToken();
    expect(young.dispatchKeyFingerprint).toBe(newest.fingerprint);
    expect(young.command).toContain(`--pin ${newest.fingerprint}`);
    const [first, second] = [await enrol(old, 'sat-old'), await enrol(young, 'sat-new')];
    expect(first.json.dispatchKeys.map(({ sequence }: { sequence: number }) => sequence)).toEqual([2, 1]);
    expect(second.status).toBe(201);
    expect((await keys()).items.map(({ satelliteCount }: { satelliteCount: number }) => satelliteCount)).toEqual([
      1, 1,
    ]);
    const refused = await gateway.call('POST', `/v1/dispatch-keys/${former.id}/retire`);
    expect(refused).toMatchObject({
      status: 409,
      json: { detail: expect.stringMatching(/1 satellites have not said yet/) },
    });
    const lateToken = await joinToken();
    expect(lateToken.dispatchKeyFingerprint).toBe(newest.fingerprint);
    expect(
      (await gateway.call('POST', `/v1/dispatch-keys/${former.id}/retire`, { body: { force: true } })).status,
    ).toBe(202);
    expect((await gateway.call('POST', `/v1/dispatch-keys/${newest.id}/retire`)).status).toBe(409);
    expect((await gateway.call('POST', `/v1/dispatch-keys/${former.id}/retire`, { as: 'viewer' })).status).toBe(403);
  });

  it('a token whose command pins a key that was retired since enrols nobody', async () => {
    const token = await joinToken();
    const pinned = (await keys()).items[0].id;
    await rotate(3);
    await gateway.admin.query('update sena.dispatch_keys set retired_at = now() where id = $1', [pinned]);
    expect(await enrol(token, 'sat-late')).toMatchObject({ status: 401, json: { code: 'join_token_invalid' } });
    const satellites = (await gateway.call('GET', '/v1/satellites')).json.items;
    expect(satellites.some(({ name }: { name: string }) => name === 'sat-late')).toBe(false);
  });

  it('of another organization are not there', async () => {
    const theirs = await gateway.admin.query('select id from sena.dispatch_keys where organization_id = $1', [
      gateway.theirs.id,
    ]);
    const id = theirs.rows[0].id;
    expect((await gateway.call('POST', `/v1/dispatch-keys/${id}/retire`)).status).toBe(404);
    expect((await keys()).items.some((key: { id: string }) => key.id === id)).toBe(false);
  });
});

describe('a locked satellite', () => {
  it('says what was seen, and is unlocked by an owner alone', async () => {
    const { json } = await enrol(await joinToken(), 'sat-locked');
    const id = json.satelliteId;
    const lock = { shownCounter: 3, keptCounter: 9, address: '203.0.113.9', formerAddress: '198.51.100.1' };
    await gateway.admin.query(
      `update sena.satellites set locked_at = now(), lock = $2, session_counter = 9, session_token = 't', pending_token = 'p' where id = $1`,
      [id, JSON.stringify(lock)],
    );
    const find = async () =>
      (await gateway.call('GET', '/v1/satellites')).json.items.find((each: { id: string }) => each.id === id);
    expect(await find()).toMatchObject({ status: 'locked', lock: { ...lock, at: expect.any(String) } });
    expect((await gateway.call('POST', `/v1/satellites/${id}/unlock`, { as: 'admin' })).status).toBe(403);
    expect(await find()).toMatchObject({ status: 'locked' });
    const unlocked = await gateway.call('POST', `/v1/satellites/${id}/unlock`);
    expect(unlocked).toMatchObject({ status: 200, json: { status: 'disconnected', lock: null } });
    expect(await audit('satellite.unlocked')).toMatchObject([
      { actor: `member:${gateway.ours.members.owner.userId}`, subject: id, data: { lock: { shownCounter: 3 } } },
    ]);
    const row = await gateway.admin.query(
      'select session_counter::int, session_token, pending_token from sena.satellites where id = $1',
      [id],
    );
    expect(row.rows).toEqual([{ session_counter: 9, session_token: null, pending_token: null }]);
    expect((await gateway.call('POST', `/v1/satellites/${id}/unlock`)).status).toBe(409);
  });
});

describe('how many commands run at a site at once', () => {
  const change = (runningMax: number | null, as: 'owner' | 'admin' | 'operator' = 'owner') =>
    gateway.call('PATCH', `/v1/sites/${siteId}`, { as, body: { runningMax } });
  const shown = async () =>
    (await gateway.call('GET', '/v1/sites')).json.items.find((site: { id: string }) => site.id === siteId);

  it('is changed by owners and admins alone, is shown, and each change is recorded with who made it and what held before', async () => {
    expect(await shown()).toMatchObject({ runningMax: null });
    expect((await change(20, 'operator')).status).toBe(403);
    const changed = await change(20, 'admin');
    expect(changed.status).toBe(200);
    expect(changed.json).toEqual({ ...(await shown()), runningMax: 20 });
    // Says what holds already: no change.
    await change(20);
    expect((await change(null)).json).toMatchObject({ name: 'berlin', runningMax: null });
    expect(await audit('site.changed')).toMatchObject([
      { subject: siteId, data: { name: 'berlin', runningMax: 20, formerRunningMax: null } },
      { subject: siteId, data: { name: 'berlin', runningMax: null, formerRunningMax: 20 } },
    ]);
  });
});
