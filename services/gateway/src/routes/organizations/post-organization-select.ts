// POST /v1/organizations/{id}/select: the session moves to another organization of the person's. Twice is once.
import { switchOrganization } from '@sena/auth/members/list-organizations';
import { SenaError } from '@sena/contracts/errors';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import type { Services } from '../../services.ts';

export function postOrganizationSelect(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/organizations/:id/select',
    {
      config: { access: 'member' },
      schema: {
        operationId: 'selectOrganization',
        tags: ['session'],
        summary: 'Move this session to another of my organizations',
        params: z.object({ id: idSchema('org') }),
        response: { 204: z.null().describe('Moved') },
      },
    },
    async (request, reply) => {
      const { userId, organizationId, by, credentialId } = memberOf(request);
      const { id } = request.params;
      if (by === 'session' && credentialId !== null) {
        await switchOrganization(services.auth.pool, { id: credentialId, userId }, id);
      } else if (id !== organizationId) {
        throw new SenaError('not_found', 'An API key belongs to one organization. Sign in to move to another one.');
      }
      return reply.code(204).send(null);
    },
  );
}
