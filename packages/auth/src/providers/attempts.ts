// A sign-in at a provider that is under way: kept from leaving until coming back. Writes sign_in_attempts only.
import { createHash } from 'node:crypto';
import type pg from 'pg';

export const attemptMinutes = 10;

export type Attempt = { readonly providerId: string; readonly state: string; readonly nextPath: string } & (
  | { readonly kind: 'oidc'; readonly nonce: string; readonly codeVerifier: string }
  | { readonly kind: 'saml'; readonly requestId: string }
);

export async function keepAttempt(pool: pg.Pool, attempt: Attempt): Promise<void> {
  await pool.query('delete from sign_in_attempts where expires_at < now()');
  await pool.query(
    `insert into sign_in_attempts (state_sha256, provider_id, nonce, code_verifier, request_id, next_path, expires_at)
     values ($1, $2, $3, $4, $5, $6, now() + interval '${attemptMinutes} minutes')`,
    [
      ...[hashState(attempt.state), attempt.providerId],
      ...(attempt.kind === 'oidc' ? [attempt.nonce, attempt.codeVerifier, null] : [null, null, attempt.requestId]),
      attempt.nextPath,
    ],
  );
}

export function hashState(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}
