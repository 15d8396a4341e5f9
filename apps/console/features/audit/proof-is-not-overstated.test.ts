import type { AuditCheckpoint } from '@sena/contracts/http/audit';
import { expect, test } from 'vitest';
import { describeSigned, describeVerification, describeWitnessed } from './describe-proof.ts';

const at = '2026-01-01T00:00:00Z';
const checkpoint = { size: 90, root: 'r', at, keyId: 'k', keyFingerprint: 'f' };
const witness = (size: number | null) => ({
  ...{ satelliteId: 's', name: 'n', isConnected: true, refusal: null },
  signed: size === null ? null : { size, at },
});
const proof = (change: Partial<AuditCheckpoint>): AuditCheckpoint => ({
  sealed: 100,
  unsealed: 0,
  checkpoint,
  witnesses: [],
  ...change,
});

test('what is not signed or sealed is said', () => {
  expect(describeSigned(proof({}))).toBe('90 of 100 records are signed. The next checkpoint takes in the others.');
  expect(describeSigned(proof({ sealed: 90, unsealed: 2 }))).toBe(
    'All 90 records are signed. 2 more wait to be sealed.',
  );
  expect(describeSigned(proof({ checkpoint: null }))).toMatch(/^Nothing is signed yet/);
});

test('a satellite counts for the last checkpoint only when it has signed that one', () => {
  expect(describeWitnessed(proof({})).kind).toBe('nobody');
  expect(describeWitnessed(proof({ witnesses: [witness(null)] })).kind).toBe('waiting');
  expect(describeWitnessed(proof({ checkpoint: null, witnesses: [witness(5)] })).kind).toBe('waiting');
  expect(describeWitnessed(proof({ witnesses: [witness(90), witness(60), witness(null)] }))).toMatchObject({
    text: '1 of 3 satellites have signed it too.',
  });
  expect(describeWitnessed(proof({ witnesses: [witness(60), witness(30)] }))).toMatchObject({
    text: 'Satellites have signed up to record 60 so far.',
  });
  expect(describeWitnessed(proof({ witnesses: [witness(90)] }))).toMatchObject({
    text: 'The satellite has signed it too.',
  });
});

test('a verification says where it is broken, and how far somebody vouches when it is not', () => {
  const intact = {
    kind: 'intact',
    records: 100,
    unsealed: 1,
    signedRecords: 90,
    witnessedRecords: 60,
    root: 'r',
    durationMs: 1_234,
  } as const;
  expect(describeVerification(intact)).toMatchObject({
    tone: 'success',
    text: expect.stringMatching(/up to record 90, .* up to record 60\. 1 event is not sealed yet/),
  });
  const broken = {
    kind: 'broken',
    seq: 7,
    upToSeq: 7,
    eventId: 'audit_1',
    reason: 'its content is not what was sealed',
    durationMs: 1,
  } as const;
  expect(describeVerification(broken)).toMatchObject({
    tone: 'danger',
    title: 'Record 7 does not hold',
    text: expect.stringContaining('audit_1'),
  });
  expect(describeVerification({ ...broken, upToSeq: 9 }).title).toBe('One of the records 7 to 9 does not hold');
  expect(describeVerification({ kind: 'too_long', records: 1e6, recordsMax: 1e5 }).tone).toBe('warning');
});
