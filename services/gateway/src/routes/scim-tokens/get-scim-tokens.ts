// GET /v1/scim-tokens: the tokens of the organization's directory, and the address that it speaks to. Reads identity only.
import { listScimTokens } from '@sena/auth/scim/scim-tokens';
import { scimTokenPageSchema } from '@sena/contracts/http/scim';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getScimTokens(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/scim-tokens',
    {
      config: { access: may.manageSignIn },
      schema: {
        operationId: 'listScimTokens',
        tags: ['members'],
        summary: 'List the tokens of the organization’s directory (SCIM)',
        response: { 200: scimTokenPageSchema },
      },
    },
    async (request) => ({
      items: await listScimTokens(services.auth.pool, memberOf(request).organizationId),
      nextCursor: null,
      baseUrl: `${services.settings.publicUrl}/scim/v2`,
    }),
  );
}
