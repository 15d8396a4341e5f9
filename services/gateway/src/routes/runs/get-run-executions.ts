// GET /v1/runs/{id}/executions: one command on one node, each. Reads only.
import { executionListQuerySchema, executionPageSchema } from '@sena/contracts/http/runs';
import { inOrganization } from '@sena/db/tenant';
import { listExecutions } from '@sena/runs/execution/list-executions';
import { requireRun } from '@sena/runs/run/require-run';
import { runBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';
import { runParamsSchema } from './run-params.ts';

export function getRunExecutions(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/runs/:id/executions',
    {
      config: { access: may.read },
      schema: {
        operationId: 'listExecutions',
        tags: ['runs'],
        summary: 'List the executions of a run',
        params: runParamsSchema,
        querystring: executionListQuerySchema,
        response: { 200: executionPageSchema },
      },
    },
    async (request) =>
      inOrganization(services.pool, memberOf(request).organizationId, async (transaction) => {
        await requireRun(transaction, request.params.id, runBoundsOf(memberOf(request)));
        return listExecutions(transaction, request.params.id, request.query);
      }),
  );
}
