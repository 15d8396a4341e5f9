// The public halves of an organization's dispatch-signing keys: what its satellites pin. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

export interface DispatchKey {
  readonly keyId: string;
  /** SPKI DER, base64url. */
  readonly publicKey: string;
  readonly fingerprint: string;
  /** Of the statement that made it the newest; the first has 1. */
  readonly sequence: number;
}

/** Those in use, newest first. None: the signer has not made one yet. */
export async function listDispatchKeys(transaction: TenantTransaction): Promise<DispatchKey[]> {
  const found = await transaction.query<{ id: string; public_key: string; fingerprint: string; sequence: string }>(
    `select id, public_key, fingerprint, sequence from dispatch_keys where retired_at is null
     order by sequence desc, created_at desc, id desc`,
  );
  return found.rows.map((row) => ({
    keyId: row.id,
    publicKey: row.public_key,
    fingerprint: row.fingerprint,
    sequence: Number(row.sequence),
  }));
}
