// DELETE /v1/members/{id}: a member leaves. Their keys and sessions of this organization end at once, and whatever they follow.
import { removeMember } from '@sena/auth/members/remove-member';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function deleteMember(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/members/:id',
    {
      config: { access: may.manageMembers },
      schema: {
        operationId: 'removeMember',
        tags: ['members'],
        summary: 'Remove a member from the organization',
        description:
          'Their API keys and sessions end at once. What they asked for before stays, and goes on; cancel the runs that are not wanted.',
        params: z.object({ id: idSchema('user') }),
        response: { 204: z.null().describe('Removed'), ...declareProblems('last_owner') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const { id: userId } = request.params;
      await removeMember(services.auth.pool, { by, userId });
      void services.signals.ring(by.organizationId, 'memberChanged', { userId });
      return reply.code(204).send(null);
    },
  );
}
