// GET /v1/audit-verification: reads the whole chain again and recomputes it. Reads only. It is the server that says so: who doubts the
// server verifies an export.
import { digestPiece } from '@sena/audit/digest-piece';
import { countSealedRecords } from '@sena/audit/list-sealed-records';
import { verifyExport } from '@sena/audit/verify-export';
import { writeExport } from '@sena/audit/write-export';
import { type AuditVerification, auditVerificationSchema } from '@sena/contracts/http/audit';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

/** Some seconds of work, in pieces of some milliseconds. */
const recordsMax = 100_000;

export function getAuditVerification(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/audit-verification',
    {
      config: { access: may.readAudit },
      schema: {
        operationId: 'verifyAudit',
        tags: ['audit'],
        summary: 'Verify the audit where it is stored',
        description:
          `The chain and its checkpoints, recomputed by the server, up to ${recordsMax.toLocaleString('en')} records. ` +
          'What holds here may still have been rewritten by whoever owns the database and the server: ' +
          '`sena audit verify` holds an export against what satellites saw.',
        response: { 200: auditVerificationSchema },
      },
    },
    async (request) => verify(services.pool, memberOf(request).organizationId),
  );
}

async function verify(pool: Pool, organizationId: string): Promise<AuditVerification> {
  const startedMs = performance.now();
  const records = await inOrganization(pool, organizationId, countSealedRecords);
  if (records > recordsMax) return { kind: 'too_long', records, recordsMax };
  const verifier = verifyExport({ witnessed: [], keyFingerprints: [] });
  for await (const piece of writeExport(pool, organizationId, 0)) {
    if (!verifier.takePiece(digestPiece(Buffer.from(piece)))) break;
  }
  const verdict = verifier.finish();
  const durationMs = Math.round(performance.now() - startedMs);
  if (verdict.kind === 'broken') {
    const { seq, upToSeq, eventId, reason } = verdict;
    return { kind: 'broken', seq, upToSeq, eventId, reason, durationMs };
  }
  const reach = (by: 'signer' | 'cosignature') =>
    Math.max(0, ...verdict.vouchers.filter((voucher) => voucher.by === by).map((voucher) => voucher.size));
  return {
    kind: 'intact',
    ...{ records: verdict.records, unsealed: verdict.unsealed, root: verdict.root, durationMs },
    signedRecords: reach('signer'),
    witnessedRecords: reach('cosignature'),
  };
}
