// GET /v1/api-keys: a member's own keys, or everybody's for whoever manages members. Reads identity only.
import { isAllowed } from '@sena/auth/abilities';
import { listApiKeys } from '@sena/auth/keys/list-api-keys';
import { SenaError } from '@sena/contracts/errors';
import { apiKeyListQuerySchema, apiKeyPageSchema } from '@sena/contracts/http/api-keys';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getApiKeys(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/api-keys',
    {
      config: { access: may.manageKeys },
      schema: {
        operationId: 'listApiKeys',
        tags: ['members'],
        summary: 'List API keys, newest first',
        querystring: apiKeyListQuerySchema,
        response: { 200: apiKeyPageSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const { of, ...page } = request.query;
      if (of === 'everyone' && !isAllowed(member, may.manageMembers)) {
        throw new SenaError(
          'forbidden',
          'The keys of other members are for owners and admins. Leave `of` out to see yours.',
        );
      }
      return listApiKeys(services.auth.pool, member.organizationId, of === 'me' ? member.userId : null, page);
    },
  );
}
