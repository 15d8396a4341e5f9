// Who approved with a passkey: did one that is registered to them sign exactly this action? Entered by read-dispatch, for what came with an
// assertion. Reads passkeys of present members. It counts where policy demands passkeys; what a satellite demands it verifies by its own list.
import type { PasskeyAssertion } from '@sena/contracts/envelope';
import type { TenantTransaction } from '@sena/db/tenant';

export type PasskeyWord =
  | { readonly kind: 'none' }
  /** Of nobody, of somebody else, of one who left, or one that signs in. */
  | { readonly kind: 'unregistered' }
  | { readonly kind: 'verified' }
  /** `why` follows “the signature …”. */
  | { readonly kind: 'wrong'; readonly why: string };

/** The console, which alone may ask for passkeys that are registered here. */
export interface PasskeyPage {
  readonly rpId: string;
  readonly origin: string;
}

export interface SignedApproval {
  readonly by: string;
  readonly actionDigest: string;
  readonly assertion: PasskeyAssertion;
}

/** In the order of `signed`. */
export async function verifyPasskeys(
  transaction: TenantTransaction,
  page: PasskeyPage,
  signed: readonly SignedApproval[],
): Promise<PasskeyWord[]> {
  if (signed.length === 0) return [];
  const found = await transaction.query<{ member: string; credential_id: string; public_key: string }>(
    'select member, credential_id, public_key from passkeys_of_members($1)',
    [[...new Set(signed.map(({ by }) => by))]],
  );
  // What verifies weighs much, and most signers never need it.
  const { verifyAssertion } = await import('@sena/envelope/verify-assertion');
  return Promise.all(
    signed.map(async ({ by, actionDigest, assertion }): Promise<PasskeyWord> => {
      const { credentialId } = assertion;
      const own = found.rows.find((row) => row.member === by && row.credential_id === credentialId);
      if (own === undefined) return { kind: 'unregistered' };
      // Identity keeps it as base64.
      const publicKey = Buffer.from(own.public_key, 'base64').toString('base64url');
      const listed = { rpId: page.rpId, origins: [page.origin], credentialId, publicKey };
      const verified = await verifyAssertion(assertion, actionDigest, listed);
      return verified.kind === 'verified' ? { kind: 'verified' } : verified;
    }),
  );
}
