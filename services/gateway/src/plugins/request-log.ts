// One line a request, written when it is answered. Never a header, a query, a body or an address with its parameters in it.
import { principalRef } from '@sena/contracts/domain/principal';
import { traceIdOf, traceparentFrom } from '@sena/telemetry/trace-context';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';
import { pathOf } from '../problems/send-problem.ts';

const quiet = new Set(['/healthz', '/readyz']);

export const requestLog = fp(
  async (app: GatewayApp) => {
    app.decorateRequest('member', null);
    app.decorateRequest('directory', null);
    app.decorateRequest('problemCode', null);
    app.decorateRequest('traceparent', '');

    app.addHook('onRequest', async (request) => {
      const { traceparent } = request.headers;
      request.traceparent = traceparentFrom(typeof traceparent === 'string' ? traceparent : null);
    });

    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? null;
      const line = {
        method: request.method,
        route,
        ...(route === null ? { path: loggablePath(request.url) } : {}),
        status: reply.statusCode,
        code: request.problemCode ?? undefined,
        durationMs: Math.round(reply.elapsedTime),
        organizationId: request.member?.organizationId ?? request.directory?.organizationId,
        actor: request.member ? principalRef(request.member) : request.directory?.tokenId,
        by: request.member?.by,
        address: request.ip,
        traceId: traceIdOf(request.traceparent),
      };
      request.log[route !== null && quiet.has(route) ? 'debug' : 'info'](line, 'request');
    });
  },
  { name: 'request-log' },
);

/** An address that no route knows is worth seeing, but it may hold anything: only what looks like a word of an address. */
function loggablePath(url: string): string {
  const segments = pathOf(url).split('/').slice(0, 8);
  return segments.map((segment) => (/^[a-zA-Z0-9._-]{0,32}$/.test(segment) ? segment : '…')).join('/');
}
