// Who is asking, and may they? Before anything of the request is read. A route that does not say who may call it is refused
// at start-up. Reads identity only.
import { isAllowed } from '@sena/auth/abilities';
import { authenticateRequest } from '@sena/auth/authenticate-request';
import { findDirectory } from '@sena/auth/scim/scim-tokens';
import type { Permission } from '@sena/contracts/domain/permission';
import type { Member } from '@sena/contracts/domain/principal';
import { rolesWith, sessionOnlyPermissions } from '@sena/contracts/domain/role-permissions';
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
      if (access === 'directory') {
        request.directory = await findDirectory(services.auth.pool, request.headers.authorization);
        if (request.directory !== null) return;
        if (request.headers.authorization !== undefined) failures.count(request.ip);
        throw new SenaError('unauthenticated', 'Send "Authorization: Bearer <SCIM token>" with a valid token.');
      }
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
      if (access !== 'member' && !isAllowed(asked.member, access)) {
        throw whyNot(asked.member, access);
      }
    });
  },
  { name: 'authentication', dependencies: ['problems', 'request-log'] },
);

function whyNot(member: Member, permission: Permission): SenaError {
  const roles = rolesWith(permission);
  if (!roles.includes(member.role)) {
    const needed = new Intl.ListFormat('en', { type: 'disjunction' }).format(roles);
    const sentence = `Your role is ${member.role}; this needs ${needed}. Ask an owner of your organization.`;
    return new SenaError('forbidden', sentence);
  }
  if (member.by !== 'session' && sessionOnlyPermissions.has(permission)) {
    const sentence = `No key may do that (${permission}): a person has to be signed in. Do it in the console.`;
    return new SenaError('key_not_allowed', sentence);
  }
  if (member.keyPermissions !== null && !member.keyPermissions.includes(permission)) {
    return new SenaError('key_not_allowed', `It lacks the scope ${permission}. Create a key that has it.`);
  }
  const sentence = `Your role is narrowed to ${member.scope}, and this is about the whole organization. Ask an owner of it.`;
  return new SenaError('forbidden', sentence);
}
