// POST /v1/approvals/{id}/decision: a second person decides. Decision, run event, audit row and the run's wake are one
// transaction; the run goes on by itself.
import { decideApproval } from '@sena/approvals/decide-approval';
import { readApproval } from '@sena/approvals/read-approval';
import { findPasskey } from '@sena/auth/find-passkey';
import { SenaError } from '@sena/contracts/errors';
import { approvalSchema, decideApprovalBodySchema } from '@sena/contracts/http/approvals';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { appendRunEvent } from '@sena/runs/events/append-run-event';
import { wakeRun } from '@sena/runs/run/wake-run';
import { z } from 'zod';
import { approvalBoundsOf } from '../../bounds-of.ts';
import { deliverOutbox } from '../../deliver-outbox.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postApprovalDecision(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/approvals/:id/decision',
    {
      config: { access: may.decide },
      schema: {
        operationId: 'decideApproval',
        tags: ['approvals'],
        summary: 'Approve or reject',
        description:
          'Bound to the digest of the exact commands and nodes; send `actionDigest` to be sure that they are the ones you saw. ' +
          'Nobody decides about their own request. Where `approversRequired` is 2, the first approval leaves it pending; ' +
          'one rejection ends it. Where a satellite or a policy demands a passkey, send what it signed as `assertion`: ' +
          'WebAuthn, with the 32 bytes of the digest as challenge.',
        params: z.object({ id: idSchema('appr') }),
        headers: idempotencyHeadersSchema,
        body: decideApprovalBodySchema,
        response: {
          200: approvalSchema,
          ...declareProblems(
            'own_request',
            'already_decided',
            'approval_expired',
            'conflict',
            'passkey_required',
            'passkey_refused',
          ),
        },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { organizationId } = member;
      const { id } = request.params;
      const { decision, reason, actionDigest, assertion } = request.body;
      const { userId } = member;
      const signed =
        assertion === undefined
          ? undefined
          : {
              assertion,
              passkey: await findPasskey(services.auth, services.settings.publicUrl, {
                userId,
                credentialId: assertion.credentialId,
              }),
            };
      const once = await inOrganization(services.pool, organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: decidedSchema }, async () => {
          await readApproval(transaction, member, id, approvalBoundsOf(member));
          const decided = await decideApproval(transaction, {
            approvalId: id,
            by: member,
            decision,
            reason,
            actionDigest,
            signed,
          });
          if (decided.kind === 'recorded') {
            const more = decided.missing === 1 ? 'One more person has' : `${decided.missing} more people have`;
            const text = `${member.name} approved. ${more} to approve before it runs.`;
            const seq = await appendRunEvent(transaction, decided.runId, { type: 'run.note', text });
            return { ...decided, outboxId: null, seq, approval: await readApproval(transaction, member, id) };
          }
          // Expired and void are also ends of the waiting: the run is woken, although this request is refused.
          const { outboxId } = await wakeRun(transaction, decided.runId);
          const seq =
            decided.kind === 'decided'
              ? await appendRunEvent(transaction, decided.runId, {
                  type: 'approval.decided',
                  approvalId: id,
                  decision,
                  by: member.name,
                  reason: reason ?? null,
                })
              : null;
          return { ...decided, outboxId, seq, approval: await readApproval(transaction, member, id) };
        }),
      );
      if (once.kind === 'first') {
        const { runId, outboxId, seq } = once.answer;
        if (outboxId !== null) deliverOutbox(services, request.log, organizationId, outboxId);
        if (seq !== null) void services.signals.ring(organizationId, 'runEvents', { runId, seq });
      }
      const decided = once.answer;
      switch (decided.kind) {
        case 'decided':
        case 'recorded':
          return decided.approval;
        case 'expired':
          throw new SenaError('approval_expired', 'The approval has expired. Ask for the change again.');
        case 'void':
          throw new SenaError(
            'conflict',
            'What was to be approved is not what is stored; the approval is void. Ask for the change again.',
            { cause: decided.reason },
          );
      }
    },
  );
}

/** A refusal that was written down is also the answer to the same request sent again. */
const decidedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('decided'), approval: approvalSchema }),
  z.object({ kind: z.literal('recorded'), approval: approvalSchema }),
  z.object({ kind: z.literal('expired') }),
  z.object({ kind: z.literal('void'), reason: z.string() }),
]);
