// Whatever goes wrong is answered as a problem: errors of handlers and of Fastify, addresses and methods that are not there.
import { SenaError } from '@sena/contracts/errors';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';
import { sendProblem } from '../problems/send-problem.ts';

export const problems = fp(
  async (app: GatewayApp) => {
    /** For 405: which methods each address takes. */
    const routes: Array<{ pattern: RegExp; methods: string[] }> = [];
    app.addHook('onRoute', ({ url, method }) => {
      const segments = url.split('/').map((segment) => {
        if (segment.startsWith(':')) return '[^/]+';
        return segment === '*' ? '.*' : segment.replaceAll(/[^a-zA-Z0-9_-]/g, '\\$&');
      });
      routes.push({ pattern: new RegExp(`^${segments.join('/')}$`), methods: [method].flat() });
    });

    app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));

    app.setNotFoundHandler((request, reply) => {
      const path = request.url.split('?', 1)[0] ?? '/';
      const methods = new Set(routes.filter((route) => route.pattern.test(path)).flatMap((route) => route.methods));
      if (methods.size === 0) {
        const error = new SenaError(
          'not_found',
          'There is nothing at this address. See /docs for those that there are.',
        );
        return sendProblem(request, reply, error);
      }
      const allowed = [...methods].sort().join(', ');
      reply.header('allow', allowed);
      return sendProblem(request, reply, new SenaError('method_not_allowed', `This address takes ${allowed}.`));
    });
  },
  { name: 'problems' },
);
