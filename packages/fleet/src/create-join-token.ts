// Lets one satellite join one site, once, soon. The token is shown to its creator and kept as a SHA-256 only.
import { createHash, randomBytes } from 'node:crypto';
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { type Actor, actorRef } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { JoinToken } from '@sena/contracts/http/fleet';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { listDispatchKeys } from './list-dispatch-keys.ts';
import { requireSite } from './require-site.ts';

export interface NewJoinToken {
  readonly siteId: string;
  readonly expiresInSeconds: number;
  /** Where the satellite will find us. */
  readonly publicUrl: string;
  readonly createdBy: Actor;
}

/** Throws `not_found` for a site of another organization, `not_ready` while the organization has no dispatch key yet. */
export async function createJoinToken(transaction: TenantTransaction, wanted: NewJoinToken): Promise<JoinToken> {
  const site = await requireSite(transaction, wanted.siteId);
  const [dispatchKey] = await listDispatchKeys(transaction);
  if (dispatchKey === undefined) {
    throw new SenaError(
      'not_ready',
      'The organization’s dispatch key is still being made. Try again in a few seconds.',
    );
  }
  const id = newId('join');
  const token = `sena_join_${randomBytes(32).toString('base64url')}`;
  const inserted = await transaction.query<{ expires_at: Date }>(
    `insert into join_tokens (id, organization_id, site_id, token_hash, created_by, expires_at, dispatch_key_id)
     values ($1, $2, $3, $4, $5, now() + $6 * interval '1 second', $7) returning expires_at`,
    [
      ...[id, transaction.organizationId, site.id, hashJoinToken(token)],
      ...[actorRef(wanted.createdBy), wanted.expiresInSeconds, dispatchKey.keyId],
    ],
  );
  const expiresAt = (inserted.rows[0] as { expires_at: Date }).expires_at.toISOString();
  await appendAuditEvent(transaction, {
    action: 'join_token.created',
    actor: wanted.createdBy,
    subject: id,
    data: { siteId: site.id, expiresAt },
  });
  return {
    id,
    token,
    siteId: site.id,
    expiresAt,
    dispatchKeyFingerprint: dispatchKey.fingerprint,
    command: joinCommand({ publicUrl: wanted.publicUrl, token, pin: dispatchKey.fingerprint, siteName: site.name }),
  };
}

export function hashJoinToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** To be run in a checkout of SENA at the site, with any Node ≥ 20: npm sets up what is missing. Every part is safe in a shell as it stands. */
function joinCommand(join: { publicUrl: string; token: string; pin: string; siteName: string }): string {
  return [
    'npm run satellite -- enroll',
    `--url ${join.publicUrl}`,
    `--token ${join.token}`,
    `--pin ${join.pin}`,
    `--name ${join.siteName}-1`,
    '--config .sena/satellite.json',
  ].join(' ');
}
