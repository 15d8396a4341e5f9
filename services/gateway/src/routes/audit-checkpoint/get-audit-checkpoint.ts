// GET /v1/audit-checkpoint: up to where somebody vouches for the audit, and who. Reads only.
import { readAuditState } from '@sena/audit/read-audit-state';
import { auditCheckpointSchema } from '@sena/contracts/http/audit';
import { inOrganization } from '@sena/db/tenant';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getAuditCheckpoint(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/audit-checkpoint',
    {
      config: { access: may.readAudit },
      schema: {
        operationId: 'getAuditCheckpoint',
        tags: ['audit'],
        summary: 'Read the last checkpoint of the audit, and which satellites have witnessed it',
        response: { 200: auditCheckpointSchema },
      },
    },
    async (request) => inOrganization(services.pool, memberOf(request).organizationId, readAuditState),
  );
}
