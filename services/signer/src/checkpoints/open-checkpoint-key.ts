// The organization's key for checkpoints, opened; made when there is none yet, and named by the dispatch key, which satellites have pinned.
// Entered by make-checkpoint, under its lock; never leaves this process. Writes checkpoint_keys and checkpoint_private_keys.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { certifyCheckpointKey } from '@sena/envelope/certify-checkpoint-key';
import { exportPrivateKey, generateKeyPair, importPrivateKey, type KeyPair } from '@sena/envelope/dispatch-key';
import { lockDispatchKeys } from '../keys/lock-dispatch-keys.ts';
import { readSigningKeys } from '../keys/read-signing-keys.ts';
import { openPrivateKey, sealPrivateKey } from '../keys/seal-private-key.ts';

export interface OpenedCheckpointKey {
  readonly keyId: string;
  readonly pair: KeyPair;
}

/** Throws when it can't be opened with this master key, or the organization has no dispatch key yet. */
export async function openCheckpointKey(
  transaction: TenantTransaction,
  masterKey: Buffer,
): Promise<OpenedCheckpointKey> {
  const { organizationId } = transaction;
  const found = await transaction.query<{ id: string; ciphertext: Buffer }>(
    `select k.id, p.ciphertext from checkpoint_keys k join checkpoint_private_keys p on p.checkpoint_key_id = k.id
     order by k.created_at desc limit 1`,
  );
  const row = found.rows[0];
  if (row === undefined) return makeCheckpointKey(transaction, masterKey);
  const sealed = openPrivateKey(masterKey, { organizationId, keyId: row.id }, row.ciphertext);
  return { keyId: row.id, pair: importPrivateKey(sealed) };
}

async function makeCheckpointKey(transaction: TenantTransaction, masterKey: Buffer): Promise<OpenedCheckpointKey> {
  const { organizationId } = transaction;
  // A rotation meanwhile would leave it named by the key before.
  await lockDispatchKeys(transaction);
  const { newest: dispatchKey } = await readSigningKeys(transaction, masterKey);
  const [keyId, pair] = [newId('ckey'), generateKeyPair()];
  const claim = { v: 1 as const, organizationId, keyId, publicKey: pair.publicKeySpki };
  await transaction.query(
    `insert into checkpoint_keys (id, organization_id, public_key, fingerprint, certificate, certified_by)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      ...[keyId, organizationId, pair.publicKeySpki, pair.fingerprint],
      ...[await certifyCheckpointKey(claim, dispatchKey), dispatchKey.keyId],
    ],
  );
  await transaction.query(
    'insert into checkpoint_private_keys (checkpoint_key_id, organization_id, ciphertext) values ($1, $2, $3)',
    [keyId, organizationId, sealPrivateKey(masterKey, { organizationId, keyId }, exportPrivateKey(pair.privateKey))],
  );
  await appendAuditEvent(transaction, {
    action: 'checkpoint_key.created',
    actor: 'service:signer',
    subject: keyId,
    data: { fingerprint: pair.fingerprint, dispatchKeyId: dispatchKey.keyId },
  });
  return { keyId, pair };
}
