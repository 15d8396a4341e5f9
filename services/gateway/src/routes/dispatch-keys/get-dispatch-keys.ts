// GET /v1/dispatch-keys: whose signature satellites believe, and how far each has come. Reads only; there is no private key here.
import { dispatchKeyListSchema } from '@sena/contracts/http/fleet';
import { inOrganization } from '@sena/db/tenant';
import { readDispatchKeys } from '@sena/fleet/change-dispatch-keys';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getDispatchKeys(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/dispatch-keys',
    {
      config: { access: may.rotateKeys },
      schema: {
        operationId: 'listDispatchKeys',
        tags: ['fleet'],
        summary: 'List the dispatch keys, newest first',
        description:
          'Satellites run what one of these keys has signed. Retired ones are listed too, with how many satellites have come to each.',
        response: { 200: dispatchKeyListSchema },
      },
    },
    async (request) => inOrganization(services.pool, memberOf(request).organizationId, readDispatchKeys),
  );
}
