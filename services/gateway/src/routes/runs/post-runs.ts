// POST /v1/runs: somebody asks. Run, first event, doorbell and audit row in one transaction; 202 at once.
// Nothing is executed here.
import { scopeOf } from '@sena/auth/abilities';
import { SenaError } from '@sena/contracts/errors';
import { type CreateRunBody, createRunBodySchema, runAcceptedSchema } from '@sena/contracts/http/runs';
import { inOrganization, type TenantTransaction } from '@sena/db/tenant';
import { refuseBeyondScope } from '@sena/fleet/refuse-beyond-scope';
import { createRun } from '@sena/runs/create-run';
import { deliverOutbox } from '../../deliver-outbox.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postRuns(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/runs',
    {
      config: { access: may.run },
      schema: {
        operationId: 'createRun',
        tags: ['runs'],
        summary: 'Ask a question, run a command or run a runbook',
        description:
          'Answers as soon as the request is stored. Follow the run with `GET /v1/runs/{id}/events`. ' +
          'A command that may change anything waits for the approval of a second member.',
        headers: idempotencyHeadersSchema,
        body: createRunBodySchema,
        response: {
          202: runAcceptedSchema.describe('Stored. The run goes on by itself.'),
          ...declareProblems('invalid_selector', 'no_nodes_match', 'beyond_scope'),
        },
      },
    },
    async (request, reply) => {
      const { body, traceparent } = request;
      const member = memberOf(request);
      const { organizationId } = member;
      const accepted = await inOrganization(services.pool, organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: runAcceptedSchema }, async () => {
          await refuseWhatCanNotRun(transaction, body, scopeOf(member, may.run));
          return createRun(transaction, { ...describeRun(body), requestedBy: member, traceparent });
        }),
      );
      if (accepted.kind === 'first') deliverOutbox(services, request.log, organizationId, accepted.answer.outboxId);
      const { id, status } = accepted.answer;
      return reply.code(202).header('location', `/v1/runs/${id}`).send({ id, status });
    },
  );
}

function describeRun(body: CreateRunBody) {
  return {
    kind: body.kind,
    prompt: body.kind === 'ask' ? body.prompt : null,
    command: body.kind === 'command' ? body.command : null,
    runbook: body.kind === 'runbook' ? body.runbook : null,
    selector: body.selector ?? null,
    waitMs: body.kind === 'ask' ? 0 : (body.waitSeconds ?? 0) * 1_000,
  };
}

async function refuseWhatCanNotRun(
  transaction: TenantTransaction,
  body: CreateRunBody,
  scope: string | null,
): Promise<void> {
  if (body.selector !== undefined) await refuseBeyondScope(transaction, body.selector, scope);
  if (body.kind === 'runbook') {
    const found = await transaction.query('select 1 from runbooks where slug = $1', [body.runbook]);
    if (found.rowCount === 0) {
      throw new SenaError('validation_failed', 'There is no runbook of this name. See GET /v1/runbooks.', {
        fields: [{ path: 'runbook', message: 'names no runbook' }],
      });
    }
  }
}
