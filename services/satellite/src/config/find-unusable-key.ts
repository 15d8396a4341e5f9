// Entered when the satellite starts: a listed key that is none is found out now, not when somebody waits for an approval. Touches nothing.
import type { PasskeyPolicy } from './passkey-policy.ts';

/** Null: every listed key can be checked with. Otherwise a sentence for the operator. */
export async function findUnusableKey({ approvers, requiredToChange }: PasskeyPolicy): Promise<string | null> {
  // What verifies weighs much, and most satellites never need it.
  if (requiredToChange === 0) return null;
  const { findKeyProblem } = await import('@sena/envelope/verify-assertion');
  for (const { name, publicKey } of approvers) {
    const problem = findKeyProblem(publicKey);
    if (problem !== null)
      return `policy.passkeys: the publicKey of ${name} is no passkey’s key (${problem}). Copy it again from \`sena passkey\`.`;
  }
  return null;
}
