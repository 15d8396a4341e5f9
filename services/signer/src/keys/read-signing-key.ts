// The organization's present dispatch key, opened. Entered by sign-dispatch; never leaves this process.
import type { TenantTransaction } from '@sena/db/tenant';
import { importPrivateKey } from '@sena/envelope/dispatch-key';
import type { SigningKey } from '@sena/envelope/sign-envelope';
import { openPrivateKey } from './seal-private-key.ts';

/** Throws when there is none yet, or it can't be opened with this master key. */
export async function readSigningKey(transaction: TenantTransaction, masterKey: Buffer): Promise<SigningKey> {
  const found = await transaction.query<{ id: string; ciphertext: Buffer }>(
    `select k.id, p.ciphertext from dispatch_keys k join dispatch_private_keys p on p.dispatch_key_id = k.id
     where k.retired_at is null order by k.created_at desc limit 1`,
  );
  const row = found.rows[0];
  if (row === undefined) throw new Error(`${transaction.organizationId} has no dispatch key yet`);
  const { organizationId } = transaction;
  return {
    keyId: row.id,
    privateKey: importPrivateKey(openPrivateKey(masterKey, { organizationId, keyId: row.id }, row.ciphertext))
      .privateKey,
  };
}
