// GET /v1/runs/{id}/events: the run's log as server-sent events, from any number on. Any replica can serve it.
// Reads only; the text of the stream is written by stream-run.
import { Readable } from 'node:stream';
import { inOrganization } from '@sena/db/tenant';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';
import { streamRun } from '../../streams/stream-run.ts';
import { requireRun, runParamsSchema } from './run-params.ts';

const seqSchema = z.coerce.number().int().min(0).max(2_147_483_647);

export function getRunEvents(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/runs/:id/events',
    {
      config: { access: may.read },
      schema: {
        operationId: 'streamRunEvents',
        tags: ['runs'],
        summary: 'Follow a run as server-sent events',
        description:
          'Each message is `id: <seq>`, `event: run`, `data: <RunEvent as JSON>`. Resume with `Last-Event-ID` or `?after=`. ' +
          'A comment every 15 s keeps the connection open. `event: end` comes after the last event of a run that has ended.',
        params: runParamsSchema,
        querystring: z.object({ after: seqSchema.optional().describe('Send the events after this number.') }),
        headers: z.object({ 'last-event-id': seqSchema.optional() }),
        response: {
          200: {
            description: 'Events until the run has ended.',
            content: { 'text/event-stream': { schema: z.string() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { organizationId, userId } = memberOf(request);
      const { id: runId } = request.params;
      await inOrganization(services.pool, organizationId, (transaction) => requireRun(transaction, runId));

      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const follower = await services.streams.follow({ organizationId, userId, runId });
      // Also when the client leaves before the stream has begun: then its generator never runs.
      gone.signal.addEventListener('abort', () => follower.leave());
      if (reply.raw.destroyed) follower.leave();
      const after = request.headers['last-event-id'] ?? request.query.after ?? 0;
      const events = streamRun({ pool: services.pool, organizationId, runId, after, follower, gone: gone.signal });
      return reply
        .headers({ 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' })
        .type('text/event-stream')
        .send(Readable.from(events) as never);
    },
  );
}
