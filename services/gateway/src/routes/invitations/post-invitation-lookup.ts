// POST /v1/invitations/lookup: what does this link invite to? For whoever holds it. A POST, so that no log has the token in an address.
import { withinGuessLimit } from '@sena/auth/guess-limit';
import { readInvitation } from '@sena/auth/invitations/accept-invitation';
import { openInvitationSchema, readInvitationBodySchema } from '@sena/contracts/http/members';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postInvitationLookup(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/invitations/lookup',
    {
      config: { access: 'public', rateLimit: { max: services.settings.limits.enrolmentsPerMinute } },
      schema: {
        operationId: 'lookUpInvitation',
        tags: ['members'],
        summary: 'Read an invitation by its token',
        body: readInvitationBodySchema,
        response: { 200: openInvitationSchema, ...declareProblems('invitation_invalid') },
      },
    },
    async (request) =>
      withinGuessLimit(services.auth.pool, { what: 'invitation', address: request.ip }, () =>
        readInvitation(services.auth.pool, request.body.token),
      ),
  );
}
