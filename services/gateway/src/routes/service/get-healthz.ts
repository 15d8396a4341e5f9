// GET /healthz: the process is alive. Touches nothing.
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';

export function getHealthz(app: GatewayApp): void {
  app.get(
    '/healthz',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        operationId: 'getHealth',
        tags: ['service'],
        summary: 'Is the process alive?',
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );
}
