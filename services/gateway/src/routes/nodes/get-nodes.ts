// GET /v1/nodes: the servers SENA knows, by name. Reads only.
import { scopeOf } from '@sena/auth/abilities';
import { nodeListQuerySchema, nodePageSchema } from '@sena/contracts/http/fleet';
import { inOrganization } from '@sena/db/tenant';
import { listNodes } from '@sena/fleet/list-nodes';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function getNodes(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/nodes',
    {
      config: { access: may.readFleet },
      schema: {
        operationId: 'listNodes',
        tags: ['fleet'],
        summary: 'List nodes by name, all of them or those that a selector picks',
        querystring: nodeListQuerySchema,
        response: { 200: nodePageSchema, ...declareProblems('invalid_selector') },
      },
    },
    async (request) =>
      inOrganization(services.pool, memberOf(request).organizationId, (transaction) =>
        listNodes(transaction, request.query, scopeOf(memberOf(request), may.readFleet)),
      ),
  );
}
