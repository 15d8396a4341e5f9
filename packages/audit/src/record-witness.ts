// What satellites say to checkpoints, kept. Entered by the relay, which knows who speaks. Writes audit_cosignatures and audit_refusals, and
// the audit row of a refusal.
import type { Cosignature } from '@sena/contracts/domain/checkpoint';
import type { TenantTransaction } from '@sena/db/tenant';
import { isCosigned } from '@sena/envelope/sign-checkpoint';
import { appendAuditEvent } from './append-audit-event.ts';
import { listCheckpoints } from './read-checkpoints.ts';

/** False: not by the key that this satellite has enrolled with, not over a checkpoint that there is, or not by it at all. Twice is once. */
export async function recordCosignature(
  transaction: TenantTransaction,
  satelliteId: string,
  size: number,
  cosignature: Cosignature,
): Promise<boolean> {
  const { organizationId } = transaction;
  const [signed] = await listCheckpoints(transaction, size - 1, size);
  const satellite = await transaction.query<{ public_key: string }>('select public_key from satellites where id = $1', [
    satelliteId,
  ]);
  const { publicKey, at, signature } = cosignature;
  const isIts = cosignature.satelliteId === satelliteId && satellite.rows[0]?.public_key === publicKey;
  if (signed === undefined || !isIts || !isCosigned(signed.checkpoint, cosignature)) return false;
  await transaction.query(
    `insert into audit_cosignatures (organization_id, size, satellite_id, public_key, at, signature)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [organizationId, size, satelliteId, publicKey, at, signature],
  );
  // It agrees again. That it once did not stays in the audit.
  await transaction.query('delete from audit_refusals where satellite_id = $1 and seen_size <= $2', [
    satelliteId,
    size,
  ]);
  return true;
}

export interface Refusal {
  readonly satelliteId: string;
  readonly size: number;
  readonly code: string;
  readonly message: string;
  readonly seenSize: number;
}

/** One audit row for as long as it refuses for the same reason: it is asked again with every checkpoint, and each row makes another. */
export async function recordRefusal(transaction: TenantTransaction, refusal: Refusal): Promise<void> {
  const { satelliteId, size, code, seenSize } = refusal;
  // PostgreSQL's text can't hold NUL.
  const message = refusal.message.replaceAll('\u0000', '\ufffd');
  const before = await transaction.query<{ code: string }>('select code from audit_refusals where satellite_id = $1', [
    satelliteId,
  ]);
  await transaction.query(
    `insert into audit_refusals (organization_id, satellite_id, size, code, message, seen_size) values ($1, $2, $3, $4, $5, $6)
     on conflict (organization_id, satellite_id) do update
       set size = excluded.size, code = excluded.code, message = excluded.message, seen_size = excluded.seen_size, at = now()`,
    [transaction.organizationId, satelliteId, size, code, message, seenSize],
  );
  if (before.rows[0]?.code === code) return;
  await appendAuditEvent(transaction, {
    action: 'checkpoint.refused',
    actor: `satellite:${satelliteId}`,
    subject: satelliteId,
    data: { size, code, seenSize, message },
  });
}
