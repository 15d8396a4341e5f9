// Recomputes an organization's chain and names the first record that does not hold. Pure: works on an export, offline.
import { eventSha256, genesisHash, type SealedContent, sealHash } from './chain-hash.ts';

export interface SealedRecord {
  readonly event: SealedContent;
  readonly seq: number;
  readonly previousHash: string;
  readonly hash: string;
}

export type ChainVerdict =
  | { readonly kind: 'intact'; readonly records: number; readonly headHash: string }
  | { readonly kind: 'broken'; readonly seq: number; readonly eventId: string; readonly reason: string };

/** `records` in the order of `seq`, from 1. */
export function verifyChain(organizationId: string, records: Iterable<SealedRecord>): ChainVerdict {
  let previousHash = genesisHash;
  let seq = 0;
  for (const record of records) {
    seq += 1;
    const flaw = findFlaw({ organizationId, seq, previousHash }, record);
    if (flaw !== null) return { kind: 'broken', seq, eventId: record.event.id, reason: flaw };
    previousHash = record.hash;
  }
  return { kind: 'intact', records: seq, headHash: previousHash };
}

/** A sentence, or null: it is the record that belongs in this place. */
export function findFlaw(
  place: { organizationId: string; seq: number; previousHash: string },
  record: SealedRecord,
): string | null {
  const { organizationId, seq, previousHash } = place;
  if (record.seq > seq) return `record ${seq} is missing: the next one has number ${record.seq}`;
  if (record.seq !== seq) return `record ${seq} is missing: number ${record.seq} stands in its place`;
  if (record.event.organizationId !== organizationId) return 'the record belongs to another organization';
  if (record.previousHash !== previousHash) return 'it does not follow from the record before it';
  const expected = sealHash({ organizationId, seq, previousHash, eventSha256: eventSha256(record.event) });
  return record.hash === expected ? null : 'its content is not what was sealed';
}
