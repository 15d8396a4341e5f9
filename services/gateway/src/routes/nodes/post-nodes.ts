// POST /v1/nodes: makes a server known. Connects to nothing.
import { actorOf } from '@sena/contracts/domain/principal';
import { createNodeBodySchema, nodeSchema } from '@sena/contracts/http/fleet';
import { inOrganization } from '@sena/db/tenant';
import { createNode } from '@sena/fleet/create-node';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postNodes(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/nodes',
    {
      config: { access: may.manageFleet },
      schema: {
        operationId: 'createNode',
        tags: ['fleet'],
        summary: 'Make a server known',
        description:
          'Keys and passwords never come here: `credential` names one in the satellite’s own configuration. ' +
          'Without `hostKey` only the satellite’s own pins decide.',
        headers: idempotencyHeadersSchema,
        body: createNodeBodySchema,
        response: { 201: nodeSchema, ...declareProblems('not_found', 'name_taken') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { answer } = await inOrganization(services.pool, member.organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: nodeSchema }, () =>
          createNode(transaction, request.body, actorOf(member)),
        ),
      );
      return reply.code(201).send(answer);
    },
  );
}
