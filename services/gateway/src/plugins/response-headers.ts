// Headers that every answer has, problems included. Changes headers only.
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

export const responseHeaders = fp(
  async (app: GatewayApp) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        // Answers belong to one organization: nobody keeps them. Routes that may be kept say so themselves.
        'cache-control': 'no-store',
      });
    });
  },
  { name: 'response-headers' },
);
