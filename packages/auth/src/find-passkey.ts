// A passkey that a member has registered here, as who verifies a signature needs it. Entered by the gateway. Reads identity only.
import type { ListedPasskey } from '@sena/contracts/envelope';
import { SenaError } from '@sena/contracts/errors';
import type { SenaAuth } from './open-auth.ts';

/** null: this member has no such passkey. Throws `passkey_refused` for one that signs in: it decides nothing. */
export async function findPasskey(
  auth: SenaAuth,
  publicUrl: string,
  { userId, credentialId }: { userId: string; credentialId: string },
): Promise<ListedPasskey | null> {
  const found = await auth.pool.query<{ publicKey: string; purpose: string }>(
    'select "publicKey", purpose from passkey where "userId" = $1 and "credentialID" = $2',
    [userId, credentialId],
  );
  const row = found.rows[0];
  if (row === undefined) return null;
  if (row.purpose !== 'approval') {
    throw new SenaError('passkey_refused', 'This passkey signs in and decides nothing. Sign with one for approvals.');
  }
  const { hostname, origin } = new URL(publicUrl);
  // better-auth keeps it as base64.
  const publicKey = Buffer.from(row.publicKey, 'base64').toString('base64url');
  return { rpId: hostname, origins: [origin], credentialId, publicKey };
}
