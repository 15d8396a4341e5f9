// better-auth's passkeys of who is signed in, at /api/auth of the page's own origin. Throws `PasskeyError`, whose words are for people.
import { PasskeyError } from './passkey-error.ts';

const timeoutMs = 15_000;

export interface Passkey {
  id: string;
  name: string | null;
  credentialID: string;
  /** COSE, base64. */
  publicKey: string;
  /** One that signs in decides nothing, and the other way round. */
  purpose: 'approval' | 'sign_in';
  createdAt: string | null;
}

export async function callPasskeys<T>(endpoint: string, body?: object): Promise<T> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  let answer: Response;
  try {
    answer = await fetch(`/api/auth/passkey/${endpoint}`, {
      ...init,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    throw new PasskeyError('SENA can not be reached right now. Check that it runs, then try again.', { cause });
  }
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: unknown };
  throw new PasskeyError(
    typeof problem.detail === 'string' ? problem.detail : `SENA answered ${answer.status}. Try again.`,
  );
}
