// GET /readyz: what requests need answers. For load balancers; says nothing about why not, the log does. The queue and the doorbells are told
// beside it: without them everything is answered and kept, and a gateway that was taken out for that could tell nobody.
import { SenaError } from '@sena/contracts/errors';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

const readySchema = z.object({
  status: z.literal('ready'),
  queue: z.enum(['reachable', 'unreachable']),
  doorbells: z.enum(['heard', 'not_heard']),
  /** What the reader should know and do; missing while all is well. */
  detail: z.string().optional(),
});

export function getReadyz(app: GatewayApp, services: Services): void {
  app.get(
    '/readyz',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        operationId: 'getReadiness',
        tags: ['service'],
        summary: 'Can it serve requests?',
        description:
          'Also while the queue can not be reached: what is asked for meanwhile is kept, and begins when it is back. `detail` says so then.',
        response: { 200: readySchema, ...declareProblems('not_ready') },
      },
    },
    async () => {
      try {
        await services.ready();
      } catch (cause) {
        throw new SenaError('not_ready', 'SENA is not ready yet. Try again in a few seconds.', { cause });
      }
      const [queue, doorbells] = await Promise.all([services.isQueueReachable(), services.areDoorbellsHeard()]);
      const detail = describe({ queue, doorbells });
      return {
        status: 'ready' as const,
        queue: queue ? ('reachable' as const) : ('unreachable' as const),
        doorbells: doorbells ? ('heard' as const) : ('not_heard' as const),
        ...(detail === null ? {} : { detail }),
      };
    },
  );
}

function describe({ queue, doorbells }: { queue: boolean; doorbells: boolean }): string | null {
  if (!queue) {
    return (
      'The queue can not be reached: what is asked for is kept, and begins when it is back. See that its server is up: Redis where REDIS_URL ' +
      'is set, else PostgreSQL.'
    );
  }
  if (!doorbells)
    return 'Doorbells are not heard: what happens is shown some seconds later. It is connected again by itself.';
  return null;
}
