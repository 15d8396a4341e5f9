// PATCH /v1/members/{id}: another role, or other bounds. Holds from the member's next request on; what they follow ends at once
// where they may not see it any more. Runs that wait keep the bounds under which they were asked for.
import { changeMember } from '@sena/auth/members/change-member';
import { changeMemberBodySchema, organizationMemberSchema } from '@sena/contracts/http/members';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import { requireReadableScope } from '../../require-readable-scope.ts';
import type { Services } from '../../services.ts';

export function patchMember(app: GatewayApp, services: Services): void {
  app.patch(
    '/v1/members/:id',
    {
      config: { access: may.manageMembers },
      schema: {
        operationId: 'changeMember',
        tags: ['members'],
        summary: 'Change the role of a member, or the nodes it is narrowed to',
        description:
          'Only an owner makes or unmakes an owner, and the last owner stays one. A scope that is left out stays as it is; ' +
          '`null` lifts it. Owners and admins have none.',
        params: z.object({ id: idSchema('user') }),
        body: changeMemberBodySchema,
        response: { 200: organizationMemberSchema, ...declareProblems('last_owner', 'invalid_selector') },
      },
    },
    async (request) => {
      const by = memberOf(request);
      const { id: userId } = request.params;
      const { role, scope } = request.body;
      if (typeof scope === 'string') requireReadableScope(scope, 'scope');
      const changed = await changeMember(services.auth.pool, { by, userId, role, scope });
      void services.signals.ring(by.organizationId, 'memberChanged', { userId });
      return changed;
    },
  );
}
