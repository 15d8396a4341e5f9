// GET /readyz: everything this process needs answers. For load balancers; says nothing about why not, the log does.
import { SenaError } from '@sena/contracts/errors';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function getReadyz(app: GatewayApp, services: Services): void {
  app.get(
    '/readyz',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        operationId: 'getReadiness',
        tags: ['service'],
        summary: 'Can it serve requests?',
        response: { 200: z.object({ status: z.literal('ready') }), ...declareProblems('not_ready') },
      },
    },
    async () => {
      try {
        await services.ready();
      } catch (cause) {
        throw new SenaError('not_ready', 'SENA is not ready yet. Try again in a few seconds.', { cause });
      }
      return { status: 'ready' as const };
    },
  );
}
