// How far the chain goes, how far somebody vouches for it, and who refuses to. Entered by who shows it. Reads only, little.
import type { AuditCheckpoint } from '@sena/contracts/http/audit';
import type { TenantTransaction } from '@sena/db/tenant';
import { fingerprintOf } from '@sena/envelope/dispatch-key';
import { countSealedRecords } from './list-sealed-records.ts';
import { readLastCheckpoint } from './read-checkpoints.ts';

interface WitnessRow {
  satellite_id: string;
  name: string;
  is_connected: boolean;
  signed_size: string | null;
  signed_at: Date | null;
  code: string | null;
  message: string | null;
  size: string | null;
  seen_size: string | null;
  refused_at: Date | null;
}

export async function readAuditState(transaction: TenantTransaction): Promise<AuditCheckpoint> {
  const last = await readLastCheckpoint(transaction);
  const waiting = await transaction.query<{ n: string }>('select count(*) as n from audit_unsealed');
  const witnesses = await transaction.query<WitnessRow>(
    `select s.id as satellite_id, s.name, s.relay_id is not null as is_connected, c.size as signed_size, c.at as signed_at,
       r.code, r.message, r.size, r.seen_size, r.at as refused_at
     from satellites s
       left join lateral (
         select size, at from audit_cosignatures where organization_id = s.organization_id and satellite_id = s.id order by size desc limit 1
       ) c on true
       left join audit_refusals r on r.satellite_id = s.id
     where s.revoked_at is null order by s.name limit 1000`,
  );
  return {
    sealed: await countSealedRecords(transaction),
    unsealed: Number(waiting.rows[0]?.n ?? 0),
    checkpoint:
      last === null
        ? null
        : {
            ...{ size: last.checkpoint.size, root: last.checkpoint.root, at: last.checkpoint.at },
            ...{ keyId: last.key.keyId, keyFingerprint: fingerprintOf(last.key.publicKey) },
          },
    witnesses: witnesses.rows.map((row) => ({
      satelliteId: row.satellite_id,
      name: row.name,
      isConnected: row.is_connected,
      signed: row.signed_at === null ? null : { size: Number(row.signed_size), at: row.signed_at.toISOString() },
      refusal:
        row.refused_at === null
          ? null
          : {
              ...{ code: row.code ?? '', message: row.message ?? '', at: row.refused_at.toISOString() },
              ...{ size: Number(row.size), seenSize: Number(row.seen_size) },
            },
    })),
  };
}
