// The private keys under a new master key. Entered at start, where the environment names the former one too. Writes the two tables of
// private keys and the audit row, one organization a transaction; what the new master key opens already is left as it is.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { openPrivateKey, sealPrivateKey } from './seal-private-key.ts';

const tables = {
  dispatch_private_keys: 'dispatch_key_id',
  checkpoint_private_keys: 'checkpoint_key_id',
} as const;

/** Returns how many were sealed again. Throws, with nothing written of that organization, for one that neither master key opens. */
export async function sealKeysAgain(pool: Pool, masterKey: Buffer, former: Buffer): Promise<number> {
  const owners = await pool.query<{ organization_id: string }>(
    'select organization_id from organizations_with_private_keys()',
  );
  let count = 0;
  for (const { organization_id: organizationId } of owners.rows) {
    count += await inOrganization(pool, organizationId, async (transaction) => {
      let sealed = 0;
      for (const [table, column] of Object.entries(tables))
        sealed += await sealTable(transaction, table, column, masterKey, former);
      if (sealed > 0)
        await appendAuditEvent(transaction, {
          ...{ action: 'master_key.changed', actor: 'service:signer', subject: organizationId },
          data: { keys: sealed },
        });
      return sealed;
    });
  }
  return count;
}

async function sealTable(
  transaction: TenantTransaction,
  table: string,
  column: string,
  masterKey: Buffer,
  former: Buffer,
): Promise<number> {
  const { organizationId } = transaction;
  const found = await transaction.query<{ id: string; ciphertext: Buffer }>(
    `select ${column} as id, ciphertext from ${table} order by ${column} for update`,
  );
  let sealed = 0;
  for (const { id: keyId, ciphertext } of found.rows) {
    const owner = { organizationId, keyId };
    if (opens(masterKey, owner, ciphertext)) continue;
    const again = sealPrivateKey(masterKey, owner, openPrivateKey(former, owner, ciphertext));
    await transaction.query(`update ${table} set ciphertext = $2 where ${column} = $1`, [keyId, again]);
    sealed += 1;
  }
  return sealed;
}

function opens(masterKey: Buffer, owner: { organizationId: string; keyId: string }, ciphertext: Buffer): boolean {
  try {
    openPrivateKey(masterKey, owner, ciphertext);
    return true;
  } catch {
    return false;
  }
}
