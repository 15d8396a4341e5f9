// POST /v1/runs: somebody asks. Run, first event, doorbell and audit row in one transaction; 202 at once.
// Nothing is executed here.
import { scopeOf } from '@sena/auth/abilities';
import { SenaError } from '@sena/contracts/errors';
import { type CreateRunBody, createRunBodySchema, runAcceptedSchema, startAheadMsMax } from '@sena/contracts/http/runs';
import { inOrganization, type TenantTransaction } from '@sena/db/tenant';
import { refuseBeyondScope } from '@sena/fleet/refuse-beyond-scope';
import { findSyntaxError } from '@sena/policy/reading/find-syntax-error';
import { createRun } from '@sena/runs/run/create-run';
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
          'A command that may change anything waits for the approval of a second member. ' +
          'One that no shell can read, with a quote that is not closed say, is refused: 422. ' +
          'With `startAt` a command or a runbook is asked for ahead of its time, and can be approved ahead of it.',
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
    startAt: body.kind === 'ask' || body.startAt === undefined ? null : new Date(body.startAt),
  };
}

async function refuseWhatCanNotRun(
  transaction: TenantTransaction,
  body: CreateRunBody,
  scope: string | null,
): Promise<void> {
  if (body.kind === 'command') refuseUnreadable(body.command);
  if (body.kind !== 'ask' && body.startAt !== undefined) await refuseStart(transaction, new Date(body.startAt));
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

/** Nobody is asked to approve what no shell can read. */
function refuseUnreadable(command: string): void {
  const sentence = findSyntaxError(command);
  if (sentence === null) return;
  throw new SenaError('validation_failed', sentence, { fields: [{ path: 'command', message: sentence }] });
}

/** By the cloud's clock, and once: the same request sent again, when its time has come, gets the same run. */
async function refuseStart(transaction: TenantTransaction, startAt: Date): Promise<void> {
  const found = await transaction.query<{ now: Date }>('select now() as now');
  const aheadMs = startAt.getTime() - (found.rows[0] as { now: Date }).now.getTime();
  if (aheadMs > 0 && aheadMs <= startAheadMsMax) return;
  const sentence =
    aheadMs <= 0
      ? 'The start lies in the past. Leave startAt out to begin at once, or give a later time.'
      : 'The start is more than 30 days ahead. Ask again when it is nearer.';
  throw new SenaError('validation_failed', sentence, {
    fields: [{ path: 'startAt', message: 'must lie between now and 30 days from now' }],
  });
}
