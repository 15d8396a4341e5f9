import { createHmac } from 'node:crypto';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateKeyPair } from './dispatch-key.ts';
import { signEnvelope } from './sign-envelope.ts';
import { verifyEnvelope } from './verify-envelope.ts';

const now = new Date('2026-03-01T12:00:00Z');
const signer = generateKeyPair();
const expected = {
  keys: new Map([['dkey_1', signer.publicKey]]),
  organizationId: 'org_1',
  satelliteId: 'sat_1',
  now,
  clockSkewMsMax: 30_000,
};
const envelope: DispatchEnvelope = {
  v: 1,
  dispatchId: 'disp_1',
  organizationId: 'org_1',
  runId: 'run_1',
  step: 'probe-1',
  satelliteId: 'sat_1',
  assignmentEpoch: 1,
  shell: 'sh',
  command: 'uptime',
  environment: {},
  limits: { timeoutMs: 10_000, outputBytesMax: 65_536 },
  readOnly: true,
  notBefore: '2026-03-01T11:59:00Z',
  expiresAt: '2026-03-01T12:10:00Z',
  nonce: 'n'.repeat(22),
  approvals: [],
  nodes: [
    {
      executionId: 'e-1',
      nodeId: 'node_1',
      name: 'web-01',
      address: '10.0.0.1',
      port: 22,
      hostKey: null,
      runAs: 'root',
      credential: 'default',
    },
  ],
  traceparent: null,
};
const key = { keyId: 'dkey_1', privateKey: signer.privateKey };
const signed = (changes: Partial<DispatchEnvelope> = {}) => signEnvelope({ ...envelope, ...changes }, key);
const signRaw = (payload: unknown, header: Record<string, unknown> = {}) =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', kid: 'dkey_1', typ: 'sena-dispatch+jws', ...header })
    .sign(signer.privateKey);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('an envelope', () => {
  it('is verified when everything is right', async () => {
    expect(await verifyEnvelope(await signed(), expected)).toEqual({ kind: 'verified', envelope, keyId: 'dkey_1' });
  });

  it('is refused when any byte of it is another', async () => {
    const jws = await signed();
    for (let at = 0; at < jws.length; at += 1) {
      const altered = `${jws.slice(0, at)}${jws[at] === 'A' ? 'B' : 'A'}${jws.slice(at + 1)}`;
      expect((await verifyEnvelope(altered, expected)).kind, `byte ${at}`).toBe('refused');
    }
  });

  it('is refused when another key signed it under the pinned name', async () => {
    const forged = await signEnvelope(envelope, { keyId: 'dkey_1', privateKey: generateKeyPair().privateKey });
    expect(await verifyEnvelope(forged, expected)).toMatchObject({ code: 'envelope_signature_wrong' });
  });

  it('is refused when it names a key that is not pinned', async () => {
    const forged = await signEnvelope(envelope, { keyId: 'dkey_2', privateKey: generateKeyPair().privateKey });
    expect(await verifyEnvelope(forged, expected)).toMatchObject({ code: 'envelope_key_unknown' });
  });

  it('is refused with algorithm none or with the public key used as an HMAC secret', async () => {
    const header = { kid: 'dkey_1', typ: 'sena-dispatch+jws' };
    const unsigned = `${base64url({ ...header, alg: 'none' })}.${base64url(envelope)}.`;
    expect(await verifyEnvelope(unsigned, expected)).toMatchObject({ code: 'envelope_header_refused' });
    const input = `${base64url({ ...header, alg: 'HS256' })}.${base64url(envelope)}`;
    const mac = createHmac('sha256', signer.publicKey.export({ type: 'spki', format: 'der' })).update(input);
    const confused = `${input}.${mac.digest('base64url')}`;
    expect(await verifyEnvelope(confused, expected)).toMatchObject({ code: 'envelope_header_refused' });
  });

  it('is refused with another type or an extra header', async () => {
    const refusal = { code: 'envelope_header_refused' };
    expect(await verifyEnvelope(await signRaw(envelope, { typ: 'JWT' }), expected)).toMatchObject(refusal);
    expect(await verifyEnvelope(await signRaw(envelope, { x5u: 'https://example.org' }), expected)).toMatchObject(
      refusal,
    );
  });

  it.each([
    ['an unknown field', { ...envelope, sudo: true }],
    ['an unknown field in a node', { ...envelope, nodes: [{ ...envelope.nodes[0], password: 'x' }] }],
    ['a missing field', { ...envelope, limits: undefined }],
    ['another version', { ...envelope, v: 2 }],
    ['the same execution twice', { ...envelope, nodes: [envelope.nodes[0], envelope.nodes[0]] }],
    ['an end before its beginning', { ...envelope, notBefore: '2026-03-01T12:20:00Z' }],
    ['a number', 7],
  ])('is refused with %s, though the right key signed it', async (_name, payload) => {
    expect(await verifyEnvelope(await signRaw(payload), expected)).toMatchObject({ code: 'envelope_schema_refused' });
  });

  it('is refused for another satellite or organization', async () => {
    expect(await verifyEnvelope(await signed({ satelliteId: 'sat_2' }), expected)).toMatchObject({
      code: 'envelope_other_satellite',
    });
    expect(await verifyEnvelope(await signed({ organizationId: 'org_2' }), expected)).toMatchObject({
      code: 'envelope_other_organization',
    });
  });

  it('is refused from the instant of its expiry on, and before it begins', async () => {
    const jws = await signed();
    const at = (time: string) => verifyEnvelope(jws, { ...expected, now: new Date(time) });
    expect((await at('2026-03-01T12:09:59.999Z')).kind).toBe('verified');
    expect(await at('2026-03-01T12:10:00Z')).toMatchObject({ code: 'envelope_expired' });
    expect((await at('2026-03-01T11:58:30Z')).kind).toBe('verified');
    expect(await at('2026-03-01T11:58:29Z')).toMatchObject({ code: 'envelope_not_yet_valid' });
  });

  it.each(['', 'x', 'a.b', 'a.b.c', '..', '{}'])('is refused when it is %j', async (text) => {
    expect((await verifyEnvelope(text, expected)).kind).toBe('refused');
  });

  it('is never signed when a satellite would not know it', async () => {
    await expect(signed({ nonce: 'short' })).rejects.toThrow();
  });
});
