import type { DispatchEnvelope, InquiryEnvelope } from '@sena/contracts/envelope';
import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateKeyPair } from './dispatch-key.ts';
import { signEnvelope } from './sign-envelope.ts';
import { signInquiry } from './sign-inquiry.ts';
import { verifyEnvelope } from './verify-envelope.ts';
import { verifyInquiry } from './verify-inquiry.ts';

const signer = generateKeyPair();
const key = { keyId: 'dkey_1', privateKey: signer.privateKey };
const expected = {
  keys: new Map([['dkey_1', signer.publicKey]]),
  organizationId: 'org_1',
  satelliteId: 'sat_2',
  now: new Date('2026-03-01T12:00:00Z'),
  clockSkewMsMax: 30_000,
};
const node = {
  ...{ executionId: 'e-1', nodeId: 'node_1', name: 'web-01', address: '10.0.0.1', port: 22, hostKey: null },
  ...{ runAs: 'root', credential: 'default' },
};
const both = {
  ...{ v: 1 as const, dispatchId: 'disp_1', organizationId: 'org_1', runId: 'run_1', satelliteId: 'sat_2' },
  limits: { timeoutMs: 10_000, outputBytesMax: 65_536 },
  ...{ notBefore: '2026-03-01T11:59:00Z', expiresAt: '2026-03-01T12:10:00Z', nonce: 'n'.repeat(22), traceparent: null },
};
const inquiry: InquiryEnvelope = {
  ...both,
  inquiryId: 'inq_1',
  dispatchExpiresAt: '2026-03-01T12:05:00Z',
  nodes: [{ ...node, startedAt: '2026-03-01T11:58:00Z', bootId: 'boot-1', stdoutBytes: 0, stderrBytes: 0 }],
};
const dispatch: DispatchEnvelope = {
  ...both,
  ...{ step: 's1', assignmentEpoch: 1, shell: 'sh', command: 'uptime', environment: {}, readOnly: true, approvals: [] },
  nodes: [node],
};
const signRaw = (payload: unknown, typ: string) =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', kid: 'dkey_1', typ })
    .sign(signer.privateKey);

describe('an inquiry', () => {
  it('is verified when everything is right', async () => {
    const jws = await signInquiry(inquiry, key);
    expect(await verifyInquiry(jws, expected)).toEqual({ kind: 'verified', envelope: inquiry, keyId: 'dkey_1' });
  });

  it('is never taken for a dispatch, nor a dispatch for an inquiry, whatever type it is given', async () => {
    const refused = { code: 'envelope_header_refused' };
    expect(await verifyEnvelope(await signInquiry(inquiry, key), expected)).toMatchObject(refused);
    expect(await verifyInquiry(await signEnvelope(dispatch, key), expected)).toMatchObject(refused);
    const other = { code: 'envelope_schema_refused' };
    expect(await verifyEnvelope(await signRaw(inquiry, 'sena-dispatch+jws'), expected)).toMatchObject(other);
    expect(await verifyInquiry(await signRaw(dispatch, 'sena-inquiry+jws'), expected)).toMatchObject(other);
  });

  it.each([
    ['a command', { ...inquiry, command: 'reboot' }],
    ['a command in a node', { ...inquiry, nodes: [{ ...inquiry.nodes[0], command: 'reboot' }] }],
    ['another version', { ...inquiry, v: 2 }],
    ['no node', { ...inquiry, nodes: [] }],
    ['the same execution twice', { ...inquiry, nodes: [inquiry.nodes[0], inquiry.nodes[0]] }],
  ])('is refused with %s, though the right key signed it', async (_name, payload) => {
    const jws = await signRaw(payload, 'sena-inquiry+jws');
    expect(await verifyInquiry(jws, expected)).toMatchObject({ code: 'envelope_schema_refused' });
  });

  it('is refused for another satellite or organization, after its time, and under another key', async () => {
    const jws = await signInquiry(inquiry, key);
    const code = async (change: Partial<typeof expected>) => await verifyInquiry(jws, { ...expected, ...change });
    expect(await code({ satelliteId: 'sat_1' })).toMatchObject({ code: 'envelope_other_satellite' });
    expect(await code({ organizationId: 'org_2' })).toMatchObject({ code: 'envelope_other_organization' });
    expect(await code({ now: new Date('2026-03-01T12:10:00Z') })).toMatchObject({ code: 'envelope_expired' });
    const keys = new Map([['dkey_1', generateKeyPair().publicKey]]);
    expect(await code({ keys })).toMatchObject({ code: 'envelope_signature_wrong' });
  });

  it('is never signed when a satellite would not know it', async () => {
    await expect(signInquiry({ ...inquiry, nonce: 'short' }, key)).rejects.toThrow();
  });
});
