// GET /v1/runbooks: what SENA can look into without any model. Reads only.
import { runbookListSchema } from '@sena/contracts/http/session';
import { inOrganization } from '@sena/db/tenant';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getRunbooks(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/runbooks',
    {
      config: { access: may.read },
      schema: {
        operationId: 'listRunbooks',
        tags: ['runs'],
        summary: 'List runbooks',
        response: { 200: runbookListSchema },
      },
    },
    async (request) =>
      inOrganization(services.pool, memberOf(request).organizationId, async (transaction) => {
        const found = await transaction.query<{
          slug: string;
          title: string;
          description: string;
          questions: string[];
          commands: string[];
        }>('select slug, title, description, questions, commands from runbooks order by slug');
        return { items: found.rows, nextCursor: null };
      }),
  );
}
