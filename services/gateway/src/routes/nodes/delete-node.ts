// DELETE /v1/nodes/{id}: SENA forgets a server. Nothing is done on the server itself.
import { actorOf } from '@sena/contracts/domain/principal';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { deleteNode as deleteNodeOfFleet } from '@sena/fleet/delete-node';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function deleteNode(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/nodes/:id',
    {
      config: { access: may.manageFleet },
      schema: {
        operationId: 'deleteNode',
        tags: ['fleet'],
        summary: 'Delete a node',
        description:
          'Nothing new is sent to it; nothing is done on the server itself. Runs keep the name and address under which they reached it. ' +
          'An approval that names it is over exactly its nodes: even when it is given, nothing of it runs, and the run says why. ' +
          'What was dispatched before goes on to its own outcome; cancel the run to stop what has not begun.',
        params: z.object({ id: idSchema('node') }),
        response: { 204: z.null().describe('Deleted') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      await inOrganization(services.pool, member.organizationId, (transaction) =>
        deleteNodeOfFleet(transaction, request.params.id, actorOf(member)),
      );
      return reply.code(204).send(null);
    },
  );
}
