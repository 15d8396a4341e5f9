// The second factor of sign-in, which is better-auth's, at /api/auth of the page's own origin. What went wrong is said by the API.
import { problemSchema } from '@sena/contracts/http/problem';

const timeoutMs = 15_000;

export type Answer<T> = { kind: 'done'; value: T } | { kind: 'refused'; sentence: string };

export const startSecondFactor = (password: string) =>
  post<{ totpURI: string; backupCodes: string[] }>('enable', { password });
export const confirmSecondFactor = (code: string) => post<unknown>('verify-totp', { code });
export const spendBackupCode = (code: string) => post<unknown>('verify-backup-code', { code });
export const stopSecondFactor = (password: string) => post<unknown>('disable', { password });

async function post<T>(path: string, body: object): Promise<Answer<T>> {
  try {
    const answer = await fetch(`/api/auth/two-factor/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const value: unknown = await answer.json();
    if (answer.ok) return { kind: 'done', value: value as T };
    const problem = problemSchema.safeParse(value);
    if (problem.success) return { kind: 'refused', sentence: problem.data.detail };
  } catch (cause) {
    reportError(new Error('The second factor got no answer.', { cause }));
  }
  return { kind: 'refused', sentence: 'SENA can not be reached right now. Check that it runs, then try again.' };
}
