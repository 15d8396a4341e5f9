// A satellite joins: its token is used up and its public key becomes its identity, in one transaction. Entered by the gateway's only
// route that takes a join token.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { SenaError } from '@sena/contracts/errors';
import type { Enrolled } from '@sena/contracts/http/fleet';
import { newId } from '@sena/contracts/ids';
import { inOrganization, isUniqueViolation, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { fingerprintOf } from '@sena/envelope/dispatch-key';
import { isEnrolmentSigned } from '@sena/envelope/enrolment-proof';
import { hashJoinToken } from './create-join-token.ts';
import { listDispatchKeys } from './list-dispatch-keys.ts';

export interface Enrolment {
  readonly token: string;
  readonly name: string;
  /** SPKI DER, base64url, Ed25519. */
  readonly publicKey: string;
  /** Fingerprints of dispatch keys that the satellite was given to pin. */
  readonly pins: readonly string[];
  /** By the private key of `publicKey`, base64url. */
  readonly proof: string;
  readonly version: string;
}

/**
 * Throws `validation_failed` for a key that is not Ed25519; `key_refused` for one that has not signed this enrolment or is enrolled already,
 * in whatever organization, in the same words; `join_token_invalid` for a token that is unknown, used or expired, or whose dispatch key is not
 * pinned; `name_taken`; `not_ready` while there is no dispatch key. Then nothing is written, and the token is not used up.
 */
export async function enrolSatellite(pool: Pool, enrolment: Enrolment, publicUrl: string): Promise<Enrolled> {
  const fingerprint = readFingerprint(enrolment.publicKey);
  if (!isEnrolmentSigned(enrolment, enrolment.proof)) throw refusedKey('it has not signed this enrolment');
  const found = await pool.query<{ organization_id: string; join_token_id: string }>(
    'select organization_id, join_token_id from join_token_organization($1)',
    [hashJoinToken(enrolment.token)],
  );
  const owner = found.rows[0];
  if (owner === undefined) throw invalidToken('there is no such token');
  return inOrganization(pool, owner.organization_id, async (transaction) => {
    const satelliteId = newId('sat');
    const used = await transaction.query<{ site_id: string; dispatch_key_id: string | null }>(
      `update join_tokens set used_at = now(), used_by_satellite_id = $2
       where id = $1 and used_at is null and expires_at > now() returning site_id, dispatch_key_id`,
      [owner.join_token_id, satelliteId],
    );
    const siteId = used.rows[0]?.site_id;
    if (siteId === undefined) throw invalidToken(`${owner.join_token_id} was used before, or has expired`);
    const dispatchKeys = await listDispatchKeys(transaction);
    if (dispatchKeys.length === 0) {
      throw new SenaError(
        'not_ready',
        'The signing key of your organization is being made. Try again in a few seconds.',
      );
    }
    const pinnedId = used.rows[0]?.dispatch_key_id ?? null;
    if (pinnedId !== null && !dispatchKeys.some(({ keyId }) => keyId === pinnedId))
      throw invalidToken(`${pinnedId}, which its command pins, was retired since`);
    // The newest of those it will believe: the satellite chooses the same.
    const believed = dispatchKeys.filter((key) => enrolment.pins.includes(key.fingerprint));
    const [newest] = believed;
    if (newest === undefined || (pinnedId !== null && !believed.some(({ keyId }) => keyId === pinnedId)))
      throw otherPin(`it pins ${enrolment.pins.join(', ')}, and its token ${pinnedId ?? 'any'}`);
    await insertSatellite(transaction, { ...enrolment, satelliteId, siteId, fingerprint, dispatchKeyId: newest.keyId });
    await appendAuditEvent(transaction, {
      action: 'satellite.enrolled',
      actor: `satellite:${satelliteId}`,
      subject: satelliteId,
      data: { joinTokenId: owner.join_token_id, siteId, name: enrolment.name, fingerprint },
    });
    return {
      satelliteId,
      organizationId: owner.organization_id,
      siteId,
      tunnelUrl: tunnelUrlOf(publicUrl),
      dispatchKeys,
    };
  });
}

async function insertSatellite(
  transaction: TenantTransaction,
  satellite: Enrolment & { satelliteId: string; siteId: string; fingerprint: string; dispatchKeyId: string },
): Promise<void> {
  try {
    await transaction.query(
      `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint, version, dispatch_key_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        satellite.satelliteId,
        transaction.organizationId,
        satellite.siteId,
        satellite.name,
        satellite.publicKey,
        satellite.fingerprint,
        satellite.version,
        satellite.dispatchKeyId,
      ],
    );
  } catch (error) {
    if (isUniqueViolation(error, 'satellites_fingerprint_key')) throw refusedKey(error);
    if (isUniqueViolation(error))
      throw new SenaError(
        'name_taken',
        `There is already a satellite named ${satellite.name}. Choose another --name.`,
        { cause: error },
      );
    throw error;
  }
}

function readFingerprint(publicKey: string): string {
  try {
    return fingerprintOf(publicKey);
  } catch (cause) {
    throw new SenaError('validation_failed', 'The public key is not an Ed25519 key in SPKI DER, base64url.', {
      cause,
      fields: [{ path: 'publicKey', message: 'not an Ed25519 public key' }],
    });
  }
}

/** The same words for all: whether another organization knows the key is nobody's to learn. */
function refusedKey(cause: unknown): SenaError {
  return new SenaError(
    'key_refused',
    'This key can not be enrolled: it was used before, or it did not sign this very enrolment. Remove the satellite’s state directory, and run the whole join command again.',
    { cause },
  );
}

function otherPin(cause: string): SenaError {
  return new SenaError(
    'join_token_invalid',
    'The join token belongs to another --pin than the one that was given. Copy the whole join command again.',
    { cause },
  );
}

function invalidToken(why: string): SenaError {
  return new SenaError(
    'join_token_invalid',
    'The join token is unknown, used or expired. Make a new one under Satellites.',
    { cause: why },
  );
}

/** The same address as everything else, over WebSocket. */
function tunnelUrlOf(publicUrl: string): string {
  return `${publicUrl.replace(/^http/, 'ws')}/v1/tunnel`;
}
