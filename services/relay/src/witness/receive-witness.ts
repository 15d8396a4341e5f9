// What a satellite says to a checkpoint: its signature is kept, its refusal is told where people look. Entered by receive-frames.
// Writes audit_cosignatures, audit_refusals and the audit row of a refusal.
import { recordCosignature, recordRefusal } from '@sena/audit/record-witness';
import type { SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellite } from '../held-satellites.ts';
import type { CheckpointCarrier } from './carry-checkpoints.ts';

type WitnessFrame = Extract<SatelliteFrame, { t: 'checkpoint-cosigned' | 'checkpoint-refused' }>;

export async function receiveWitness(
  rooms: { readonly pool: Pool; readonly logger: Logger; readonly checkpoints: CheckpointCarrier },
  satellite: HeldSatellite,
  frame: WitnessFrame,
): Promise<void> {
  const { pool, logger, checkpoints } = rooms;
  const { organizationId, satelliteId } = satellite;
  const fields = { organizationId, satelliteId, size: frame.size };
  if (frame.t === 'checkpoint-cosigned') {
    const taken = await inOrganization(pool, organizationId, (transaction) =>
      recordCosignature(transaction, satelliteId, frame.size, frame.cosignature),
    );
    if (taken) logger.info(fields, 'a satellite has witnessed a checkpoint');
    else logger.warn(fields, 'a cosignature is not what this satellite would sign, it is not kept');
    return;
  }
  const { code, message, seenSize } = frame;
  if (code === 'proof_starts_elsewhere') {
    checkpoints.sawLast(satellite, seenSize);
    return;
  }
  checkpoints.refused(satellite);
  const advice = 'Keep the evidence that it holds, and verify an export: sena audit verify.';
  logger.error({ ...fields, code, seenSize, reason: message }, `a satellite does not sign a checkpoint. ${advice}`);
  await inOrganization(pool, organizationId, (transaction) =>
    recordRefusal(transaction, { satelliteId, size: frame.size, code, message, seenSize }),
  );
}
