// The reference page of the API at /docs: a page of this process, that loads nothing from elsewhere.
import scalar from '@scalar/fastify-api-reference';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

export const reference = fp(
  async (app: GatewayApp) => {
    await app.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/v1/openapi.json',
        pageTitle: 'SENA API',
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
      },
    });
  },
  { name: 'reference', dependencies: ['openapi'] },
);
