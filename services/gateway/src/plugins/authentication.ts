// Who is asking, and may they? Before anything of the request is read. A route that does not say who may call it is refused
// at start-up. Reads identity only.
import { authenticateRequest } from '@sena/auth/authenticate-request';
import type { Role } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';
import type { Services } from '../services.ts';
import { openFailureLimit } from './failure-limit.ts';

export const authentication = fp(
  async (app: GatewayApp, { services }: { services: Services }) => {
    const failures = openFailureLimit(services.settings.limits.failedKeysPerMinute);

    app.addHook('onRoute', (route) => {
      // The reference page's own files say nothing about themselves.
      if (route.url.startsWith('/docs')) route.config = { ...route.config, access: 'public' };
      if (route.config?.access === undefined)
        throw new Error(`${route.url} does not say who may call it (config.access)`);
    });

    app.addHook('onRequest', async (request) => {
      const { access } = request.routeOptions.config;
      // Also what no route knows: it is answered with 404.
      if (access === undefined || access === 'public') return;
      failures.refuseAfterTooMany(request.ip);
      const asked = await authenticateRequest(services.auth, request.headers);
      switch (asked.kind) {
        case 'member':
          request.member = asked.member;
          break;
        case 'nobody':
          if (asked.tried) failures.count(request.ip);
          throw new SenaError(
            'unauthenticated',
            'Sign in, or send "Authorization: Bearer <API key>" with a valid key.',
            {
              cause: asked.why,
            },
          );
      }
      if (!(access as readonly Role[]).includes(asked.member.role)) {
        throw new SenaError(
          'forbidden',
          `Your role is ${asked.member.role}; this needs ${listRoles(access)}. Ask an owner of your organization.`,
        );
      }
    });
  },
  { name: 'authentication', dependencies: ['problems', 'request-log'] },
);

function listRoles(roles: readonly Role[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(roles);
}
