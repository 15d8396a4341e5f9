// POST /v1/sites: names a customer network that satellites can then join.
import { actorOf } from '@sena/contracts/domain/principal';
import { createSiteBodySchema, siteSchema } from '@sena/contracts/http/fleet';
import { inOrganization } from '@sena/db/tenant';
import { createSite } from '@sena/fleet/create-site';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postSites(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/sites',
    {
      config: { access: may.manageFleet },
      schema: {
        operationId: 'createSite',
        tags: ['fleet'],
        summary: 'Create a site',
        headers: idempotencyHeadersSchema,
        body: createSiteBodySchema,
        response: { 201: siteSchema, ...declareProblems('name_taken') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { answer } = await inOrganization(services.pool, member.organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: siteSchema }, () =>
          createSite(transaction, request.body, actorOf(member)),
        ),
      );
      return reply.code(201).send(answer);
    },
  );
}
