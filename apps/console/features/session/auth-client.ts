// Sign-in and sign-out, which are better-auth's, at /api/auth of the page's own origin. What went wrong besides a refused password is in
// the browser's console, with its cause.
import { createAuthClient } from 'better-auth/react';
import { describeRefusal } from './describe-refusal.ts';

const client = createAuthClient();
const timeoutMs = 15_000;

export type SignInResult = { kind: 'signed_in' } | { kind: 'code_wanted' } | { kind: 'refused'; sentence: string };

/** `organizationId`: whose person, where the same address and password stand for several. */
export async function signIn(email: string, password: string, organizationId?: string): Promise<SignInResult> {
  try {
    const who = { email, password, ...(organizationId === undefined ? {} : { organization: organizationId }) };
    const { data, error } = await client.signIn.email(who, { timeout: timeoutMs });
    if (data !== null && 'twoFactorRedirect' in data) return { kind: 'code_wanted' };
    return error === null
      ? { kind: 'signed_in' }
      : { kind: 'refused', sentence: describeRefusal(error.status, error.code) };
  } catch (cause) {
    reportError(new Error('The sign-in got no answer.', { cause }));
    return { kind: 'refused', sentence: describeRefusal(0, undefined) };
  }
}

/** True when the session has ended on the server. */
export async function signOut(): Promise<boolean> {
  try {
    const { error } = await client.signOut({ fetchOptions: { timeout: timeoutMs } });
    if (error === null) return true;
    reportError(new Error('The sign-out was refused.', { cause: error }));
  } catch (cause) {
    reportError(new Error('The sign-out got no answer.', { cause }));
  }
  return false;
}
