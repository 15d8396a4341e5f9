// The other half of a sign-in: six digits are the authenticator's, anything else is a backup code.
import { confirmSecondFactor, spendBackupCode } from '../account/second-factor.ts';
import type { SignInResult } from './auth-client.ts';

export async function sendCode(text: string): Promise<SignInResult> {
  const code = text.replaceAll(/\s/g, '');
  const answer = await (/^[0-9]{6}$/.test(code) ? confirmSecondFactor(code) : spendBackupCode(code));
  return answer.kind === 'done' ? { kind: 'signed_in' } : answer;
}
