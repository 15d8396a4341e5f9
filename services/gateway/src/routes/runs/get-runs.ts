// GET /v1/runs: the organization's runs, newest first. Reads only.
import { runListQuerySchema, runPageSchema } from '@sena/contracts/http/runs';
import { inOrganization } from '@sena/db/tenant';
import { listRuns } from '@sena/runs/run/list-runs';
import { runBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getRuns(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/runs',
    {
      config: { access: may.read },
      schema: {
        operationId: 'listRuns',
        tags: ['runs'],
        summary: 'List runs, newest first',
        querystring: runListQuerySchema,
        response: { 200: runPageSchema },
      },
    },
    async (request) =>
      inOrganization(services.pool, memberOf(request).organizationId, (transaction) =>
        listRuns(transaction, request.query, runBoundsOf(memberOf(request))),
      ),
  );
}
