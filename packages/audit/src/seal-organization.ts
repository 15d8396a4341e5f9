// Numbers and chains an organization's committed audit events. Entered by the orchestrator's sealer, one at a time for each
// organization (advisory lock), so that no writer ever waits for the chain's head. Writes audit_seals, which takes
// them off the list of what is not sealed: no role may do that otherwise.
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { eventSha256, genesisHash, type SealedContent, sealHash } from './chain-hash.ts';
import { type ContentRow, contentColumns, toSealedContent } from './sealed-content.ts';

/** Ids of the organizations that have unsealed events. */
export async function listOrganizationsToSeal(pool: Pool): Promise<string[]> {
  const found = await pool.query<{ organization_id: string }>('select organization_id from organizations_to_seal()');
  return found.rows.map((row) => row.organization_id);
}

/** Seals up to `atMost` events; returns how many. 0 also when another sealer is at this organization. */
export async function sealOrganization(pool: Pool, organizationId: string, atMost = 2_000): Promise<number> {
  return inOrganization(pool, organizationId, async (transaction) => {
    const lock = await transaction.query<{ got: boolean }>(
      `select pg_try_advisory_xact_lock(hashtextextended('sena.seal:' || $1, 0)) as got`,
      [organizationId],
    );
    if (!lock.rows[0]?.got) return 0;
    const head = await readHead(transaction);
    const events = await readUnsealed(transaction, atMost);
    if (events.length === 0) return 0;

    let { seq, hash } = head;
    const seals = events.map((event) => {
      seq += 1;
      const sha256 = eventSha256(event);
      const previousHash = hash;
      hash = sealHash({ organizationId, seq, previousHash, eventSha256: sha256 });
      return { seq, eventId: event.id, sha256, previousHash, hash };
    });
    await transaction.query(
      `insert into audit_seals (organization_id, seq, event_id, event_sha256, previous_hash, hash)
       select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])`,
      [
        organizationId,
        seals.map((seal) => seal.seq),
        seals.map((seal) => seal.eventId),
        seals.map((seal) => seal.sha256),
        seals.map((seal) => seal.previousHash),
        seals.map((seal) => seal.hash),
      ],
    );
    return seals.length;
  });
}

async function readHead(transaction: TenantTransaction): Promise<{ seq: number; hash: string }> {
  const head = await transaction.query<{ seq: string; hash: string }>(
    'select seq, hash from audit_seals order by seq desc limit 1',
  );
  const row = head.rows[0];
  return row === undefined ? { seq: 0, hash: genesisHash } : { seq: Number(row.seq), hash: row.hash };
}

async function readUnsealed(transaction: TenantTransaction, atMost: number): Promise<SealedContent[]> {
  const found = await transaction.query<ContentRow>(
    `select ${contentColumns} from audit_unsealed u join audit_events e on e.id = u.event_id order by e.at, e.id limit $1`,
    [atMost],
  );
  return found.rows.map(toSealedContent);
}
