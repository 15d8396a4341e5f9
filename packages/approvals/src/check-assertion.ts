// Entered when a person approves with a passkey: mistakes are told while they are at it. What counts is the satellite's own look; this one
// keeps a wrong signature from being stored as if it were worth something. Pure.
import type { ListedPasskey, PasskeyAssertion } from '@sena/contracts/envelope';
import { actionChallenge } from '@sena/envelope/action-digest';

/** Null: nothing is wrong with it as far as it can be told here. Otherwise a sentence. */
export async function checkAssertion(
  assertion: PasskeyAssertion,
  actionDigest: string,
  passkey: ListedPasskey | null,
): Promise<string | null> {
  if (challengeOf(assertion) !== actionChallenge(actionDigest))
    return 'The passkey signed something else than this action. Open the approval again, look, and sign anew.';
  // Not registered here, as those of `sena passkey` are not: only its satellite can tell.
  if (passkey === null) return null;
  // What verifies weighs much, and most approvals never need it.
  const { verifyAssertion } = await import('@sena/envelope/verify-assertion');
  const verified = await verifyAssertion(assertion, actionDigest, passkey);
  return verified.kind === 'verified'
    ? null
    : `The signature of your passkey ${verified.why}. Approve again; if it stays so, register the passkey anew.`;
}

function challengeOf({ clientDataJSON }: PasskeyAssertion): unknown {
  try {
    const said: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'));
    return typeof said === 'object' && said !== null && 'challenge' in said ? said.challenge : null;
  } catch {
    return null;
  }
}
