// A satellite joins: its token is used up and its public key becomes its identity, in one transaction. Entered by the gateway's only
// route that takes a join token.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { SenaError } from '@sena/contracts/errors';
import type { Enrolled } from '@sena/contracts/http/fleet';
import { newId } from '@sena/contracts/ids';
import { inOrganization, isUniqueViolation, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { fingerprintOf } from '@sena/envelope/dispatch-key';
import { hashJoinToken } from './join-tokens.ts';

export interface Enrolment {
  readonly token: string;
  readonly name: string;
  /** SPKI DER, base64url, Ed25519. */
  readonly publicKey: string;
  readonly version: string;
}

/** Throws `join_token_invalid` for a token that is unknown, used or expired; `validation_failed` for a key; `name_taken`. */
export async function enrolSatellite(pool: Pool, enrolment: Enrolment): Promise<Omit<Enrolled, 'tunnelUrl'>> {
  const fingerprint = readFingerprint(enrolment.publicKey);
  const found = await pool.query<{ organization_id: string; join_token_id: string }>(
    'select organization_id, join_token_id from join_token_organization($1)',
    [hashJoinToken(enrolment.token)],
  );
  const owner = found.rows[0];
  if (owner === undefined) throw invalidToken();
  return inOrganization(pool, owner.organization_id, async (transaction) => {
    const satelliteId = newId('sat');
    const used = await transaction.query<{ site_id: string }>(
      `update join_tokens set used_at = now(), used_by_satellite_id = $2
       where id = $1 and used_at is null and expires_at > now() returning site_id`,
      [owner.join_token_id, satelliteId],
    );
    const siteId = used.rows[0]?.site_id;
    if (siteId === undefined) throw invalidToken();
    await insertSatellite(transaction, { ...enrolment, satelliteId, siteId, fingerprint });
    await appendAuditEvent(transaction, {
      action: 'satellite.enrolled',
      actor: `satellite:${satelliteId}`,
      subject: satelliteId,
      data: { joinTokenId: owner.join_token_id, siteId, name: enrolment.name, fingerprint },
    });
    const keys = await transaction.query<{ id: string; public_key: string; fingerprint: string }>(
      'select id, public_key, fingerprint from dispatch_keys where retired_at is null order by created_at desc',
    );
    return {
      satelliteId,
      organizationId: owner.organization_id,
      siteId,
      dispatchKeys: keys.rows.map((key) => ({
        keyId: key.id,
        publicKey: key.public_key,
        fingerprint: key.fingerprint,
      })),
    };
  });
}

async function insertSatellite(
  transaction: TenantTransaction,
  satellite: Enrolment & { satelliteId: string; siteId: string; fingerprint: string },
): Promise<void> {
  try {
    await transaction.query(
      `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint, version) values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        satellite.satelliteId,
        transaction.organizationId,
        satellite.siteId,
        satellite.name,
        satellite.publicKey,
        satellite.fingerprint,
        satellite.version,
      ],
    );
  } catch (error) {
    if (isUniqueViolation(error, 'satellites_fingerprint_key')) {
      throw new SenaError(
        'conflict',
        'This key is enrolled already. Make a new one: remove the satellite’s state directory and enrol again.',
        { cause: error },
      );
    }
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

function invalidToken(): SenaError {
  return new SenaError(
    'join_token_invalid',
    'The join token is unknown, used or expired. Make a new one under Satellites.',
  );
}
