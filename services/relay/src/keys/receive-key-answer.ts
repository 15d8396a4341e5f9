// What a satellite says to new dispatch keys: the signer signs for it with what it believes; a refusal is told where people look. Entered by
// receive-frames. Writes the satellite's row and the audit row of a refusal.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellite } from '../held-satellites.ts';

type KeyAnswer = Extract<SatelliteFrame, { t: 'dispatch-keys-followed' | 'dispatch-keys-refused' }>;

export async function receiveKeyAnswer(
  { pool, logger }: { readonly pool: Pool; readonly logger: Logger },
  satellite: HeldSatellite,
  frame: KeyAnswer,
): Promise<void> {
  const { organizationId, satelliteId, connectionEpoch, keys } = satellite;
  if (frame.t === 'dispatch-keys-followed') {
    const { sequence, newestKeyId } = frame;
    if (newestKeyId.includes('\u0000')) return;
    satellite.keys = { ...keys, sequence, newestKeyId };
    await inOrganization(pool, organizationId, (transaction) =>
      transaction.query(
        `update satellites set dispatch_key_id = $3 where id = $1 and connection_epoch = $2 and dispatch_key_id is distinct from $3`,
        [satelliteId, connectionEpoch, newestKeyId],
      ),
    );
    logger.info({ satelliteId, sequence, newestKeyId }, 'a satellite believes the newest dispatch key');
    return;
  }
  if (keys.isRefusing) return;
  satellite.keys = { ...keys, isRefusing: true };
  const { sequence, code } = frame;
  const message = frame.message.replaceAll('\u0000', '\ufffd');
  logger.error(
    { satelliteId, sequence, code, reason: message },
    'a satellite does not believe the dispatch keys that it is told: who changed them? It goes on with those it knows',
  );
  await inOrganization(pool, organizationId, (transaction) =>
    appendAuditEvent(transaction, {
      ...{ action: 'dispatch_key.refused', actor: `satellite:${satelliteId}`, subject: satelliteId },
      data: { sequence, code, message },
    }),
  );
}
