// The organization's dispatch keys that are in use, opened. Entered by whatever signs; they never leave this process.
import type { TenantTransaction } from '@sena/db/tenant';
import { importPrivateKey } from '@sena/envelope/dispatch-key';
import type { SigningKey } from '@sena/envelope/sign-envelope';
import { shareDispatchKeys } from './lock-dispatch-keys.ts';
import { openPrivateKey } from './seal-private-key.ts';

export interface SigningKeys {
  readonly newest: SigningKey & { readonly sequence: number };
  /**
   * `trusted`: the newest key that the satellite has said it believes. While that is in use it is signed with it. A satellite that
   * believes none of them is told of the newest first, before anything signed by it arrives.
   */
  for(trusted: string | null): SigningKey;
}

/** Throws when there is none yet, or they can't be opened with this master key. */
export async function readSigningKeys(transaction: TenantTransaction, masterKey: Buffer): Promise<SigningKeys> {
  // Before they are read: what is signed with a key is committed before that key is retired, and is signed again with what waits.
  await shareDispatchKeys(transaction);
  const found = await transaction.query<{ id: string; sequence: string; ciphertext: Buffer }>(
    `select k.id, k.sequence, p.ciphertext from dispatch_keys k join dispatch_private_keys p on p.dispatch_key_id = k.id
     where k.retired_at is null order by k.sequence desc, k.created_at desc`,
  );
  const { organizationId } = transaction;
  const [newest, ...others] = found.rows.map(({ id: keyId, sequence, ciphertext }) => {
    const opened = importPrivateKey(openPrivateKey(masterKey, { organizationId, keyId }, ciphertext));
    return { keyId, sequence: Number(sequence), privateKey: opened.privateKey };
  });
  if (newest === undefined) throw new Error(`${organizationId} has no dispatch key yet`);
  return { newest, for: (trusted) => others.find(({ keyId }) => keyId === trusted) ?? newest };
}
