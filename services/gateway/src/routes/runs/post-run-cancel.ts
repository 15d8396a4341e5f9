// POST /v1/runs/{id}/cancel: a person wants a run to end. What has not started will not; what runs is
// told to stop where that is asked for.
import { actorOf } from '@sena/contracts/domain/principal';
import type { RunStatus } from '@sena/contracts/domain/run';
import { cancelRunBodySchema, runAcceptedSchema } from '@sena/contracts/http/runs';
import { inOrganization } from '@sena/db/tenant';
import { requestCancel } from '@sena/runs/run/request-cancel';
import { requireRun } from '@sena/runs/run/require-run';
import { runBoundsOf } from '../../bounds-of.ts';
import { deliverOutbox } from '../../deliver-outbox.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';
import { runParamsSchema } from './run-params.ts';

export function postRunCancel(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/runs/:id/cancel',
    {
      config: { access: may.run },
      // The body is optional.
      preValidation: async (request) => {
        const received = request as { body: unknown };
        if (received.body === undefined) received.body = {};
      },
      schema: {
        operationId: 'cancelRun',
        tags: ['runs'],
        summary: 'Cancel a run',
        description:
          'Accepted means that the run was told to end; its status says when it has. Nothing new starts. Commands that run come to their ' +
          'end, unless `stopRunning` asks for it: then those under a guard get TERM, and KILL where that is not enough. Twice is once.',
        params: runParamsSchema,
        headers: idempotencyHeadersSchema,
        body: cancelRunBodySchema,
        response: { 202: runAcceptedSchema, ...declareProblems('run_finished') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { organizationId } = member;
      const { id } = request.params;
      const cancelled = await inOrganization(services.pool, organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: runAcceptedSchema }, async () => {
          await requireRun(transaction, id, runBoundsOf(member));
          const { outboxId } = await requestCancel(transaction, id, actorOf(member), request.body);
          const found = await transaction.query<{ status: RunStatus }>('select status from runs where id = $1', [id]);
          return { id, status: found.rows[0]?.status ?? 'cancelled', outboxId };
        }),
      );
      if (cancelled.kind === 'first') {
        deliverOutbox(services, request.log, organizationId, cancelled.answer.outboxId);
        void services.signals.ring(organizationId, 'runCancelled', { runId: id });
      }
      return reply.code(202).send({ id, status: cancelled.answer.status });
    },
  );
}
