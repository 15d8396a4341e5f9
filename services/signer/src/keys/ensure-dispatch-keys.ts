// Every organization has a dispatch key before its first satellite enrols. Entered at start and by the clock.
// Writes dispatch_keys and dispatch_private_keys.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { newId } from '@sena/contracts/ids';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { exportPrivateKey, generateKeyPair } from '@sena/envelope/dispatch-key';
import { lockDispatchKeys } from './lock-dispatch-keys.ts';
import { sealPrivateKey } from './seal-private-key.ts';

/** Returns how many keys were made. Two signers at once: an advisory lock lets one of them make it. */
export async function ensureDispatchKeys(pool: Pool, masterKey: Buffer): Promise<number> {
  const missing = await pool.query<{ organization_id: string }>(
    'select organization_id from organizations_without_dispatch_key()',
  );
  let made = 0;
  for (const { organization_id: organizationId } of missing.rows) {
    made += await inOrganization(pool, organizationId, async (transaction) => {
      await lockDispatchKeys(transaction);
      const existing = await transaction.query('select 1 from dispatch_keys where retired_at is null');
      if (existing.rowCount !== 0) return 0;
      const keyId = newId('dkey');
      const pair = generateKeyPair();
      await transaction.query(
        'insert into dispatch_keys (id, organization_id, public_key, fingerprint) values ($1, $2, $3, $4)',
        [keyId, organizationId, pair.publicKeySpki, pair.fingerprint],
      );
      await transaction.query(
        'insert into dispatch_private_keys (dispatch_key_id, organization_id, ciphertext) values ($1, $2, $3)',
        [
          keyId,
          organizationId,
          sealPrivateKey(masterKey, { organizationId, keyId }, exportPrivateKey(pair.privateKey)),
        ],
      );
      await appendAuditEvent(transaction, {
        action: 'dispatch_key.created',
        actor: 'service:signer',
        subject: keyId,
        data: { fingerprint: pair.fingerprint },
      });
      return 1;
    });
  }
  return made;
}
