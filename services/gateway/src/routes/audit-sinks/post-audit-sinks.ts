// POST /v1/audit-sinks: from now on records are sent there as they are sealed.
import { createSink } from '@sena/audit/audit-sinks';
import { actorOf } from '@sena/contracts/domain/principal';
import { auditSinkSchema, createAuditSinkBodySchema, createdAuditSinkSchema } from '@sena/contracts/http/audit';
import { inOrganization } from '@sena/db/tenant';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postAuditSinks(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/audit-sinks',
    {
      config: { access: may.manageAudit },
      schema: {
        operationId: 'createAuditSink',
        tags: ['audit'],
        summary: 'Send audit records to a webhook or a syslog server',
        description:
          'Every sealed record, in order, at least once. A webhook gets JSON signed with `secret`: `sena-signature: t=…,v1=…` is the ' +
          'hex HMAC-SHA256 of `t`, a full stop and the body. `sena-delivery` is the same when the same records come again.',
        headers: idempotencyHeadersSchema,
        body: createAuditSinkBodySchema,
        response: { 201: createdAuditSinkSchema, ...declareProblems('conflict') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const by = { actor: actorOf(member), privateHosts: services.settings.privateSinkHosts };
      const { answer } = await inOrganization(services.pool, member.organizationId, (transaction) =>
        // The secret is not kept: it follows from the id.
        oncePerKey(transaction, { request, reply, kept: auditSinkSchema }, () =>
          createSink(transaction, request.body, by),
        ),
      );
      const secret = answer.kind === 'webhook' ? services.sinkSecret(answer.id) : null;
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...answer, secret });
    },
  );
}
