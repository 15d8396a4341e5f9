// GET /v1/openapi.json: this API, described by the schemas it checks with. Touches nothing.
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';

export function getOpenapi(app: GatewayApp): void {
  app.get(
    '/v1/openapi.json',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getOpenapi',
        tags: ['service'],
        summary: 'This document',
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async () => ({ ...app.swagger() }),
  );
}
