// GET /v1/runs/{id}/output-groups: the same command, the same output: how many nodes, and which. Reads only.
import { pageQuerySchema } from '@sena/contracts/http/page';
import { outputGroupPageSchema } from '@sena/contracts/http/runs';
import { inOrganization } from '@sena/db/tenant';
import { listOutputGroups } from '@sena/runs/output/list-output-groups';
import { requireRun } from '@sena/runs/run/require-run';
import { runBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';
import { runParamsSchema } from './run-params.ts';

export function getRunOutputGroups(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/runs/:id/output-groups',
    {
      config: { access: may.read },
      schema: {
        operationId: 'listOutputGroups',
        tags: ['runs'],
        summary: 'List what the nodes of a run said, grouped by equal output, largest group first',
        params: runParamsSchema,
        querystring: pageQuerySchema,
        response: { 200: outputGroupPageSchema },
      },
    },
    async (request) =>
      inOrganization(services.pool, memberOf(request).organizationId, async (transaction) => {
        await requireRun(transaction, request.params.id, runBoundsOf(memberOf(request)));
        return listOutputGroups(transaction, request.params.id, request.query);
      }),
  );
}
