// A browser sends its cookie along with other sites' requests too. What a cookie proves is therefore believed, for anything
// that changes something, only when the browser says that the request comes from our own pages.
import { SenaError } from '@sena/contracts/errors';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export const sameOrigin = fp(
  async (app: GatewayApp, { publicUrl }: { publicUrl: string }) => {
    const { origin } = new URL(publicUrl);
    app.addHook('onRequest', async (request) => {
      if (safeMethods.has(request.method) || !couldBeForged(request) || comesFrom(request, origin)) return;
      throw new SenaError('origin_refused', `A browser may change things from ${origin} only.`);
    });
  },
  { name: 'same-origin', dependencies: ['authentication'] },
);

/** Signing in counts: nobody is to be signed in, by another site, as somebody else. A script sends neither header there. */
function couldBeForged({ member, headers, routeOptions }: FastifyRequest): boolean {
  if (routeOptions.config.fromOtherSites === true) return false;
  if (routeOptions.url?.startsWith('/api/auth/')) {
    return (headers.cookie ?? headers.origin ?? headers['sec-fetch-site']) !== undefined;
  }
  return member?.by === 'session';
}

/** Unknown means no: a browser that says neither is not believed. */
function comesFrom({ headers }: FastifyRequest, ownOrigin: string): boolean {
  if (headers.origin !== undefined) return headers.origin === ownOrigin;
  return headers['sec-fetch-site'] === 'same-origin';
}
