import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { JoinToken } from '@sena/contracts/http/fleet';
import { generateKeyPair, type KeyPair } from '@sena/envelope/dispatch-key';
import { signEnrolment } from '@sena/envelope/enrolment-proof';
import { openSignals } from '@sena/signals/open-signals';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeEnrolment } from './fixtures/make-enrolment.ts';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let siteId: string;

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'admin', 'viewer']);
  siteId = (await gateway.call('POST', '/v1/sites', { body: { name: 'berlin' } })).json.id;
});
afterAll(() => gateway.close());

/** A point of small order as a public key, and a signature that fits it whatever was signed. */
const weakPoint = Buffer.from(`01${'00'.repeat(31)}`, 'hex');
const weakKey = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), weakPoint]).toString('base64url');

const issue = (body?: object) => gateway.call('POST', `/v1/sites/${siteId}/join-tokens`, { body });
const send = (body: object) => gateway.call('POST', '/v1/enrolments', { as: null, body });
const newName = () => `sat-${crypto.randomUUID().slice(0, 8)}`;
/** As a satellite does it that was given this token with its pin. */
const enrol = (
  join: JoinToken,
  { name = newName(), pair = generateKeyPair() }: { name?: string; pair?: KeyPair } = {},
) => send(makeEnrolment(join.token, { pin: join.dispatchKeyFingerprint, name, pair }));
/** A token of the other organization, for a site of its own. */
async function issueTheirs(): Promise<JoinToken> {
  const as = { apiKey: gateway.theirs.members.owner.apiKey };
  const site = await gateway.call('POST', '/v1/sites', { as, body: { name: newName() } });
  return (await gateway.call('POST', `/v1/sites/${site.json.id}/join-tokens`, { as, body: {} })).json;
}

describe('a join token', () => {
  it('comes with the whole line to run, is kept as a hash, and expires', async () => {
    const { status, json } = await issue();
    expect(status).toBe(201);
    const { rows } = await gateway.admin.query('select * from sena.join_tokens where id = $1', [json.id]);
    expect(JSON.stringify(rows)).not.toContain(json.token);
    expect(json.command).toBe(
      `npm run satellite -- enroll --url http://localhost:4700 --token ${json.token} ` +
        `--pin ${json.dispatchKeyFingerprint} --name berlin-1 --config .sena/satellite.json`,
    );
    expect(json.command).toMatch(/^[\w ./:=+-]+$/);
    expect(json.dispatchKeyFingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(Date.parse(json.expiresAt) - Date.now()).toBeGreaterThan(3_500_000);
    const audit = await gateway.call('GET', '/v1/audit-events');
    expect(audit.text).not.toContain(json.token);
    expect(audit.json.items[0]).toMatchObject({ action: 'join_token.created', subject: json.id });
  });

  it('is in a line that, run as it is printed, enrols a satellite', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'sena-join-'));
    try {
      const { json } = await issue();
      // The gateway of this test is not at its public address.
      const line = json.command.replace('http://localhost:4700', gateway.url);
      const [program = '', ...words] = line.replace('.sena/satellite.json', `${directory}/satellite.json`).split(' ');
      expect(program).toBe('npm');
      const checkout = path.resolve(import.meta.dirname, '../../..');
      const { stdout } = await promisify(execFile)(program, words, { cwd: checkout, timeout: 20_000 });
      expect(stdout).toContain(json.dispatchKeyFingerprint);
      const { items } = (await gateway.call('GET', '/v1/satellites')).json;
      expect(items).toMatchObject([{ name: 'berlin-1', site: { id: siteId }, status: 'disconnected' }]);
      await gateway.admin.query('delete from sena.satellites');
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('enrols one satellite at its site, with the keys to pin', async () => {
    const { json } = await issue();
    const enrolled = await enrol(json, { name: 'sat-first' });
    expect(enrolled).toMatchObject({
      status: 201,
      json: {
        organizationId: gateway.ours.id,
        siteId,
        tunnelUrl: 'ws://localhost:4700/v1/tunnel',
        dispatchKeys: [{ fingerprint: json.dispatchKeyFingerprint }],
      },
    });
    const satellites = await gateway.call('GET', '/v1/satellites', { as: 'viewer' });
    expect(satellites.json.items).toMatchObject([
      {
        id: enrolled.json.satelliteId,
        name: 'sat-first',
        site: { id: siteId, name: 'berlin' },
        status: 'disconnected',
      },
    ]);
    expect(await enrol(json)).toMatchObject({ status: 401, json: { code: 'join_token_invalid' } });
    expect((await gateway.call('GET', '/v1/sites')).json.items).toMatchObject([{ satelliteCount: 1 }]);
  });

  it('works once also when many show it at the same moment', async () => {
    const { json } = await issue();
    const answers = await Promise.all(Array.from({ length: 8 }, () => enrol(json)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 401)]);
  });

  it('that has expired, or that nobody made, works never', async () => {
    const { json } = await issue({ expiresInSeconds: 60 });
    await gateway.admin.query(`update sena.join_tokens set expires_at = now() where id = $1`, [json.id]);
    for (const token of [json.token, `${json.token}x`, 'sjt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']) {
      expect(await enrol({ ...json, token })).toMatchObject({ status: 401, json: { code: 'join_token_invalid' } });
    }
    expect(gateway.log.join('')).not.toContain(json.token);
  });

  it('is not used up by an enrolment that is refused', async () => {
    const { json } = await issue();
    expect(await enrol(json, { name: 'sat-first' })).toMatchObject({ status: 409, json: { code: 'name_taken' } });
    const body = makeEnrolment(json.token, { pin: json.dispatchKeyFingerprint, name: newName() });
    expect(await send({ ...body, publicKey: 'AAAA' })).toMatchObject({ status: 422 });
    expect((await send(body)).status).toBe(201);
  });

  it('is spent only for a key that has signed this token, these pins and itself', async () => {
    const { json } = await issue();
    const other = (await issue()).json as JoinToken;
    const { token, dispatchKeyFingerprint: pin } = json as JoinToken;
    const [pair, stranger] = [generateKeyPair(), generateKeyPair()];
    const words = { token, pins: [pin], publicKey: pair.publicKeySpki };
    const right = makeEnrolment(token, { pin, name: newName(), pair });
    const forged: Record<string, object> = {
      'by another key': { proof: signEnrolment(words, stranger.privateKey) },
      'over another token': { proof: signEnrolment({ ...words, token: other.token }, pair.privateKey) },
      'over another pin': { proof: signEnrolment({ ...words, pins: [stranger.fingerprint] }, pair.privateKey) },
      'over another public key': {
        proof: signEnrolment({ ...words, publicKey: stranger.publicKeySpki }, pair.privateKey),
      },
      'for a key that somebody else holds': { publicKey: stranger.publicKeySpki },
      'in another spelling': { proof: `${right.proof}==` },
      'of nothing': { proof: '' },
      'all zero': { proof: Buffer.alloc(64).toString('base64url') },
      'by a key that everybody can sign with': {
        ...{ publicKey: weakKey, proof: Buffer.concat([weakPoint, Buffer.alloc(32)]).toString('base64url') },
      },
    };
    for (const [what, changes] of Object.entries(forged)) {
      const answer = await send({ ...right, ...changes });
      expect([what, answer.status, answer.json.code]).toEqual([what, 422, 'key_refused']);
      expect(answer.json.detail).toMatch(/run the whole join command again/);
    }
    // The organization's other key, rightly signed, is not the one of this token.
    const wrongPin = makeEnrolment(token, { pin: stranger.fingerprint, name: newName(), pair });
    expect(await send(wrongPin)).toMatchObject({
      ...{ status: 401, json: { code: 'join_token_invalid', detail: expect.stringMatching(/another --pin/) } },
    });
    const unused = await gateway.admin.query('select used_at from sena.join_tokens where token_hash = $1', [
      createHash('sha256').update(token).digest('hex'),
    ]);
    expect(unused.rows).toEqual([{ used_at: null }]);
    expect((await send(right)).status).toBe(201);
    expect(gateway.log.join('')).not.toContain(token);
  });

  it('tells nobody that a key is enrolled, here or in another organization: the answer is that to a wrong proof', async () => {
    const pair = generateKeyPair();
    const ours = (await issue()).json as JoinToken;
    expect((await enrol((await issue()).json, { pair })).status).toBe(201);
    const theirs = await issueTheirs();
    const [own, foreign] = [await enrol(ours, { pair }), await enrol(theirs, { pair })];
    const wrong = await send({
      ...makeEnrolment(theirs.token, { pin: theirs.dispatchKeyFingerprint, name: newName() }),
      proof: Buffer.alloc(64, 1).toString('base64url'),
    });
    const told = ({ status, json }: typeof own) => ({
      status,
      ...json,
      instance: null,
      requestId: null,
      traceId: null,
    });
    expect(told(own)).toEqual(told(wrong));
    expect(told(foreign)).toEqual(told(wrong));
    expect(told(wrong)).toMatchObject({ status: 422, code: 'key_refused' });
    const headers = ({ headers: all }: typeof own) => [...all.keys()].toSorted();
    expect([headers(own), headers(foreign)]).toEqual([headers(wrong), headers(wrong)]);
    // Neither token is used up, nor is anything written of who asked.
    const another = generateKeyPair();
    expect((await enrol(theirs, { pair: another })).status).toBe(201);
    expect((await enrol(ours, { pair: another })).json.code).toBe('key_refused');
    expect((await enrol(ours)).status).toBe(201);
  });

  it('does not exist before the organization has a dispatch key', async () => {
    await gateway.admin.query('update sena.dispatch_keys set retired_at = now()');
    expect(await issue()).toMatchObject({ status: 503, json: { code: 'not_ready' } });
    await gateway.admin.query('update sena.dispatch_keys set retired_at = null');
  });
});

describe('a revoked satellite', () => {
  it('is revoked once, and the relay is told each time', async () => {
    const { json } = await issue();
    const { satelliteId } = (await enrol(json)).json;
    const told: string[] = [];
    const signals = await openSignals({ kind: 'postgres', url: gateway.database.urls.relay });
    await signals.listen(gateway.ours.id, 'satelliteRevoked', (ring) => void told.push(ring.satelliteId));
    for (let i = 0; i < 2; i++) {
      const revoked = await gateway.call('POST', `/v1/satellites/${satelliteId}/revoke`, { as: 'admin' });
      expect(revoked).toMatchObject({ status: 200, json: { id: satelliteId, status: 'revoked' } });
      await eventually('the doorbell', () => told.length === i + 1);
    }
    await signals.close();
    expect(told).toEqual([satelliteId, satelliteId]);
    const audit = await gateway.admin.query(
      `select 1 from sena.audit_events where action = 'satellite.revoked' and subject = $1`,
      [satelliteId],
    );
    expect(audit.rowCount).toBe(1);
  });
});
