// An organization's chain as verify-chain reads it, a piece at a time: for an export, and for a look at what is not sealed yet.
// Reads only.
import type { TenantTransaction } from '@sena/db/tenant';
import type { SealedContent } from './chain-hash.ts';
import { type ContentRow, contentColumns, toSealedContent } from './sealed-content.ts';
import type { SealedRecord } from './verify-chain.ts';

/** In the order of their numbers, from the one after `afterSeq`. */
export async function listSealedRecords(
  transaction: TenantTransaction,
  afterSeq: number,
  atMost: number,
): Promise<SealedRecord[]> {
  const found = await transaction.query<ContentRow & { seq: string; previous_hash: string; hash: string }>(
    `select ${contentColumns}, s.seq, s.previous_hash, s.hash from audit_seals s join audit_events e on e.id = s.event_id
     where s.seq > $1 order by s.seq limit $2`,
    [afterSeq, atMost],
  );
  return found.rows.map((row) => ({
    event: toSealedContent(row),
    seq: Number(row.seq),
    previousHash: row.previous_hash,
    hash: row.hash,
  }));
}

/** Events that no seal vouches for yet, whatever the sealer's list says. */
export async function countUnsealedEvents(transaction: TenantTransaction): Promise<number> {
  const found = await transaction.query<{ n: string }>(
    'select count(*) as n from audit_events e where not exists (select from audit_seals s where s.event_id = e.id)',
  );
  return Number(found.rows[0]?.n ?? 0);
}

/** The same ones, in the order of their ids, a page at a time. */
export async function listUnsealedEvents(
  transaction: TenantTransaction,
  afterId: string | null,
  atMost: number,
): Promise<SealedContent[]> {
  const found = await transaction.query<ContentRow>(
    `select ${contentColumns} from audit_events e
     where ($1::text is null or e.id > $1) and not exists (select from audit_seals s where s.event_id = e.id) order by e.id limit $2`,
    [afterId, atMost],
  );
  return found.rows.map(toSealedContent);
}

/** The number of the last one. */
export async function countSealedRecords(transaction: TenantTransaction): Promise<number> {
  const found = await transaction.query<{ seq: string }>('select seq from audit_seals order by seq desc limit 1');
  return Number(found.rows[0]?.seq ?? 0);
}
