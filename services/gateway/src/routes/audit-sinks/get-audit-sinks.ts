// GET /v1/audit-sinks: where audit records are sent, and how far each has come. Reads only.
import { listSinks } from '@sena/audit/audit-sinks';
import { auditSinkListSchema } from '@sena/contracts/http/audit';
import { inOrganization } from '@sena/db/tenant';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getAuditSinks(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/audit-sinks',
    {
      config: { access: may.manageAudit },
      schema: {
        operationId: 'listAuditSinks',
        tags: ['audit'],
        summary: 'List where audit records are sent',
        response: { 200: auditSinkListSchema },
      },
    },
    async (request) => ({
      items: await inOrganization(services.pool, memberOf(request).organizationId, listSinks),
      nextCursor: null,
    }),
  );
}
