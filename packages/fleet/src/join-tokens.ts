// Join tokens: what lets one satellite enrol at one site, once, soon. Stored as a hash.
import { createHash, randomBytes } from 'node:crypto';
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { SenaError } from '@sena/contracts/errors';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';

export interface IssuedJoinToken {
  readonly id: string;
  /** Shown once. */
  readonly token: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly expiresAt: Date;
  readonly dispatchKeyFingerprint: string;
}

/** Throws `not_found` for a foreign site; `not_ready` until the signer has made the organization's dispatch key. */
export async function issueJoinToken(
  transaction: TenantTransaction,
  request: { siteId: string; expiresInSeconds: number; actor: string },
): Promise<IssuedJoinToken> {
  const site = await transaction.query<{ name: string }>('select name from sites where id = $1', [request.siteId]);
  const siteName = site.rows[0]?.name;
  if (siteName === undefined)
    throw new SenaError('not_found', 'There is no site with this id. GET /v1/sites lists them.');
  const keys = await transaction.query<{ fingerprint: string }>(
    'select fingerprint from dispatch_keys where retired_at is null order by created_at desc limit 1',
  );
  const dispatchKeyFingerprint = keys.rows[0]?.fingerprint;
  if (dispatchKeyFingerprint === undefined)
    throw new SenaError('not_ready', 'The signing key of your organization is being made. Try again in a few seconds.');
  const id = newId('join');
  const token = `sjt_${randomBytes(32).toString('base64url')}`;
  const issued = await transaction.query<{ expires_at: Date }>(
    `insert into join_tokens (id, organization_id, site_id, token_hash, created_by, expires_at)
     values ($1, $2, $3, $4, $5, now() + $6 * interval '1 second') returning expires_at`,
    [id, transaction.organizationId, request.siteId, hashJoinToken(token), request.actor, request.expiresInSeconds],
  );
  const { expires_at: expiresAt } = issued.rows[0] as { expires_at: Date };
  const data = { siteId: request.siteId, expiresAt: expiresAt.toISOString() };
  await appendAuditEvent(transaction, { action: 'join_token.issued', actor: request.actor, subject: id, data });
  return { id, token, siteId: request.siteId, siteName, expiresAt, dispatchKeyFingerprint };
}

export function hashJoinToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
