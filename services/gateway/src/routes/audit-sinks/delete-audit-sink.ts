// DELETE /v1/audit-sinks/{id}: nothing more is sent there. What it has taken stays there.
import { deleteSink } from '@sena/audit/audit-sinks';
import { actorOf } from '@sena/contracts/domain/principal';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function deleteAuditSink(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/audit-sinks/:id',
    {
      config: { access: may.manageAudit },
      schema: {
        operationId: 'deleteAuditSink',
        tags: ['audit'],
        summary: 'Stop sending audit records somewhere',
        params: z.object({ id: idSchema('sink') }),
        response: { 204: z.null().describe('Deleted') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      await inOrganization(services.pool, member.organizationId, (transaction) =>
        deleteSink(transaction, request.params.id, actorOf(member)),
      );
      return reply.code(204).send(null);
    },
  );
}
