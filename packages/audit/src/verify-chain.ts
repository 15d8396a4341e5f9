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
    const broken = (reason: string): ChainVerdict => ({ kind: 'broken', seq, eventId: record.event.id, reason });
    if (record.seq !== seq) return broken(`record ${seq} is missing: the next one has number ${record.seq}`);
    if (record.event.organizationId !== organizationId) return broken('the record belongs to another organization');
    if (record.previousHash !== previousHash) return broken('it does not follow from the record before it');
    const expected = sealHash({ organizationId, seq, previousHash, eventSha256: eventSha256(record.event) });
    if (record.hash !== expected) return broken('its content is not what was sealed');
    previousHash = record.hash;
  }
  return { kind: 'intact', records: seq, headHash: previousHash };
}
