// POST /v1/invitations: asks somebody to join. The link is in this answer alone, and in a mail to the person where there is a server for that.
import { createInvitation } from '@sena/auth/invitations/create-invitation';
import { SenaError } from '@sena/contracts/errors';
import { createdInvitationSchema, createInvitationBodySchema, invitationSchema } from '@sena/contracts/http/members';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKeyInIdentity } from '../../idempotency.ts';
import { mailInvitation } from '../../mail/mail-invitation.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import { requireReadableScope } from '../../require-readable-scope.ts';
import type { Services } from '../../services.ts';

export function postInvitations(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/invitations',
    {
      config: { access: may.manageMembers },
      schema: {
        operationId: 'createInvitation',
        tags: ['members'],
        summary: 'Invite somebody to the organization',
        description:
          'Unless it was `mailed`, give the `link` to the person yourself: it is shown in this answer alone, works once, and stands for whoever holds it. ' +
          'An open invitation of the same address ends. The same request with the same `Idempotency-Key` answers `shown_once`.',
        headers: idempotencyHeadersSchema,
        body: createInvitationBodySchema,
        response: {
          201: createdInvitationSchema,
          ...declareProblems('name_taken', 'invalid_selector', 'shown_once'),
        },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const { body } = request;
      if (body.scope !== null) requireReadableScope(body.scope, 'scope');
      const created = await oncePerKeyInIdentity(
        services,
        { request, reply, kept: invitationSchema },
        async (identity) => {
          const { invitation, token } = await createInvitation(identity, { by, ...body });
          // Behind the hash: a browser sends it to no server and into no log.
          return { ...invitation, link: `${services.settings.publicUrl}/invitation#${token}` };
        },
      );
      switch (created.kind) {
        case 'first':
          return reply.code(201).send({
            ...created.answer,
            mailed: await mailInvitation(
              { mail: services.mail, auth: services.auth, log: request.log },
              { ...created.answer, organizationId: by.organizationId, by: by.name },
            ),
          });
        case 'again':
          throw new SenaError(
            'shown_once',
            `The link of invitation ${created.answer.id} was shown in the first answer to this request and is not kept. ` +
              'If that answer was lost, invite the person again with a new Idempotency-Key.',
          );
      }
    },
  );
}
