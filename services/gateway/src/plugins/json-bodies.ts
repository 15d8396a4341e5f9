// Bodies are JSON, and nothing else. An empty one is none: routes whose body is optional are called with and without it.
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

export const jsonBodies = fp(
  async (app: GatewayApp) => {
    // Refuses `__proto__` and `constructor.prototype` keys.
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      if (body === '') done(null, undefined);
      else parse(request, body as string, done);
    });
  },
  { name: 'json-bodies' },
);
