// Bounds what one member, or one address where nobody is signed in, may ask of this process. Runs after authentication.
import fastifyRateLimit from '@fastify/rate-limit';
import { SenaError } from '@sena/contracts/errors';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';
import type { GatewaySettings } from '../services.ts';

export const rateLimits = fp(
  async (app: GatewayApp, { limits }: { limits: GatewaySettings['limits'] }) => {
    await app.register(fastifyRateLimit, {
      global: true,
      max: limits.requestsPerMinute,
      timeWindow: 60_000,
      cache: 10_000,
      keyGenerator: ({ member, directory, ip }) => {
        if (member) return `${member.organizationId}/${member.userId}`;
        return directory ? directory.tokenId : `address ${ip}`;
      },
      errorResponseBuilder: (_request, { after }) =>
        new SenaError('rate_limited', `Too many requests. Wait ${after}, then go on.`),
    });
  },
  { name: 'rate-limits', dependencies: ['authentication'] },
);
