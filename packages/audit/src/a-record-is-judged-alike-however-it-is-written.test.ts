import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { eventSha256, genesisHash, type SealedContent, sealHash } from './chain-hash.ts';
import { digestPiece } from './digest-piece.ts';
import { verifyExport } from './verify-export.ts';

const organizationId = 'org_1';
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('","organizationId":"org_1","runId":null', '","hash":"', '\\', '"', '{"event":{'),
);
const event = fc.record({
  ...{ id: text, action: text, actor: text, subject: text },
  organizationId: fc.oneof({ weight: 4, arbitrary: fc.constant(organizationId) }, { weight: 1, arbitrary: text }),
  at: fc.constant('2026-01-01T00:00:00.000000Z'),
  runId: fc.oneof(fc.constant(null), text),
  data: fc.oneof(
    fc.jsonValue(),
    fc.record({ organizationId: text, runId: text, hash: text, previousHash: text, seq: fc.integer() }),
  ),
});
/** What is done to the record after it was sealed. */
const change = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: fc.record({ actor: text }) },
  { weight: 1, arbitrary: fc.record({ organizationId: text }) },
  { weight: 1, arbitrary: fc.record({ extra: text }) },
);

function verdictOf(line: string, way: 'apart' | 'piece') {
  const verifier = verifyExport({ witnessed: [], keyFingerprints: [] });
  const lines = [
    canonicalJson({ kind: 'header', v: 1, organizationId, afterSeq: 0, exportedAt: 'now', keys: [] }),
    line,
    canonicalJson({ kind: 'end', records: 1, unsealed: 0 }),
  ];
  if (way === 'apart') lines.every(verifier.take);
  else verifier.takePiece(digestPiece(Buffer.from(lines.join('\n'))));
  return verifier.finish();
}

test('in canonical form, where it is not taken apart, as in any other: 3,000 records, changed and unchanged', () => {
  const verdicts = { intact: 0, broken: 0 };
  fc.assert(
    fc.property(event, change, (made, changes) => {
      // What JSON can hold, as the database gives it.
      const sealed = JSON.parse(JSON.stringify(made)) as SealedContent;
      const hash = sealHash({
        ...{ organizationId, seq: 1, previousHash: genesisHash },
        eventSha256: eventSha256(sealed),
      });
      const record = { kind: 'record', seq: 1, previousHash: genesisHash, hash, event: { ...sealed, ...changes } };
      const turned = Object.fromEntries(Object.entries({ ...record.event }).toReversed());
      const canonical = verdictOf(canonicalJson(record), 'piece');
      const loose = JSON.stringify(Object.fromEntries(Object.entries({ ...record, event: turned }).toReversed()));
      verdicts[canonical.kind] += 1;
      expect(verdictOf(canonicalJson(record), 'apart')).toEqual(canonical);
      expect(verdictOf(loose, 'apart')).toEqual(canonical);
      expect(verdictOf(loose, 'piece')).toEqual(canonical);
      const isRight = sealed.organizationId === organizationId && canonicalJson(record.event) === canonicalJson(sealed);
      expect(canonical.kind).toBe(isRight ? 'intact' : 'broken');
    }),
    { numRuns: 3_000 },
  );
  expect(Math.min(verdicts.intact, verdicts.broken)).toBeGreaterThan(300);
});
