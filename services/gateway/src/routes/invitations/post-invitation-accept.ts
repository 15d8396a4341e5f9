// POST /v1/invitations/accept: joins the organization, with a name and a password as a new person of it, or as whoever is signed in with that
// address. Whether another organization knows the address is not told. The token works once.
import { withinGuessLimit } from '@sena/auth/guess-limit';
import { acceptInvitation } from '@sena/auth/invitations/accept-invitation';
import { acceptedInvitationSchema, acceptInvitationBodySchema } from '@sena/contracts/http/members';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postInvitationAccept(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/invitations/accept',
    {
      config: { access: 'public', rateLimit: { max: services.settings.limits.enrolmentsPerMinute } },
      schema: {
        operationId: 'acceptInvitation',
        tags: ['members'],
        summary: 'Join an organization by an invitation',
        description:
          'With `name` and `password` as a new person of this organization; sign in with them afterwards. Whoever has an account with this address ' +
          'and wants to use it here too signs in first and sends the token alone.',
        body: acceptInvitationBodySchema,
        response: {
          200: acceptedInvitationSchema,
          ...declareProblems('invitation_invalid', 'unauthenticated', 'name_taken'),
        },
      },
    },
    async (request) => {
      const { token, name, password } = request.body;
      const { cookie } = request.headers;
      const session = cookie === undefined ? null : await services.auth.readSession(new Headers({ cookie }));
      // A provider's word about a person counts in its own organization, not for joining another one.
      const joining =
        name !== undefined && password !== undefined
          ? ({ kind: 'new', name, password } as const)
          : ({
              kind: 'known',
              signedInUserId: session === null || session.isOfProvider ? null : session.userId,
            } as const);
      const { organizationId, email } = await withinGuessLimit(
        services.auth.pool,
        { what: 'invitation', address: request.ip },
        () => acceptInvitation(services.auth, token, joining),
      );
      return { organizationId, email };
    },
  );
}
