// A connected satellite takes another key: the former one agrees, the new one is there. Entered by receive-frames. Writes, in one transaction,
// the key of the satellite, what it has signed, and the audit row; from then on the former key opens nothing.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { publicKeyFingerprint } from '@sena/envelope/fingerprint';
import { isIdentityChangeSigned } from '@sena/envelope/identity-change';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellite } from '../held-satellites.ts';

type ChangeFrame = Extract<SatelliteFrame, { t: 'change-identity' }>;

/** Rejects when PostgreSQL can't be asked: then the connection ends, and the satellite asks again with the next one. */
export async function changeIdentity(
  { pool, logger, relayId }: { readonly pool: Pool; readonly logger: Logger; readonly relayId: string },
  satellite: HeldSatellite,
  frame: ChangeFrame,
): Promise<void> {
  const { satelliteId, organizationId, connectionEpoch, proof } = satellite;
  const { publicKey, formerSignature, signature } = frame;
  const change = { satelliteId, formerPublicKey: proof.publicKey, publicKey, nonce: proof.nonce, relayId };
  if (!isIdentityChangeSigned(change, formerSignature, signature))
    return answer(satellite, { publicKey, accepted: false, message: 'The change is not signed by both keys.' });
  const fingerprint = publicKeyFingerprint(Buffer.from(publicKey, 'base64url'));
  const changed = await inOrganization(pool, organizationId, async (transaction) => {
    const found = await transaction.query<{ changed: 'changed' | 'same' | 'refused' }>(
      'select change_satellite_key($1, $2, $3, $4, $5, $6) as changed',
      [
        ...[satelliteId, connectionEpoch, proof.publicKey, publicKey, fingerprint],
        JSON.stringify({ nonce: proof.nonce, relayId, formerSignature, signature }),
      ],
    );
    const answered = found.rows[0]?.changed ?? 'refused';
    if (answered !== 'changed') return answered;
    const formerFingerprint = publicKeyFingerprint(Buffer.from(proof.publicKey, 'base64url'));
    await appendAuditEvent(transaction, {
      ...{ action: 'satellite.key_changed', actor: `satellite:${satelliteId}`, subject: satelliteId },
      data: { formerFingerprint, fingerprint },
    });
    return answered;
  });
  if (changed === 'refused') {
    logger.warn({ satelliteId, fingerprint }, 'a satellite did not get another key');
    const message = 'The key was used before, or this satellite has connected again meanwhile. It is tried again.';
    return answer(satellite, { publicKey, accepted: false, message });
  }
  satellite.proof = { ...proof, publicKey };
  logger.info({ satelliteId, fingerprint }, 'a satellite has another key');
  answer(satellite, { publicKey, accepted: true, message: null });
}

function answer(satellite: HeldSatellite, frame: Omit<Extract<RelayFrame, { t: 'identity-changed' }>, 't'>): void {
  satellite.out.push({ t: 'identity-changed', ...frame });
}
