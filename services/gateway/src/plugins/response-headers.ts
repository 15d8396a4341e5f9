// Headers that every answer has. Changes headers only. Problems that Fastify answers without hooks have them by send-problem.
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

export const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  // Answers belong to one organization: nobody keeps them. Routes that may be kept say so themselves.
  'cache-control': 'no-store',
} as const;

export const responseHeaders = fp(
  async (app: GatewayApp) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers(commonHeaders);
    });
  },
  { name: 'response-headers' },
);
