// GET /v1/runs/{id}/events: the run's log as server-sent events, from any number on. Any replica can serve it.
// Reads only; the text of the stream is written by stream-run.
import { Readable } from 'node:stream';
import { isAllowed } from '@sena/auth/abilities';
import { authenticateRequest } from '@sena/auth/authenticate-request';
import { SenaError } from '@sena/contracts/errors';
import { inOrganization } from '@sena/db/tenant';
import { requireRun } from '@sena/runs/run/require-run';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { runBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';
import { streamRun } from '../../streams/stream-run.ts';
import { runParamsSchema } from './run-params.ts';

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
      const member = memberOf(request);
      const { organizationId, userId } = member;
      const { id: runId } = request.params;
      await inOrganization(services.pool, organizationId, (transaction) =>
        requireRun(transaction, runId, runBoundsOf(member)),
      );

      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const follower = await services.streams.follow({ organizationId, userId, runId });
      // Also when the client leaves before the stream has begun: then its generator never runs.
      gone.signal.addEventListener('abort', () => follower.leave());
      if (reply.raw.destroyed) follower.leave();
      const after = request.headers['last-event-id'] ?? request.query.after ?? 0;
      const mayFollow = () => isStillVisible(services, request.headers, { userId, organizationId, runId });
      const { pool } = services;
      const events = streamRun({ pool, organizationId, runId, after, follower, mayFollow, gone: gone.signal });
      return reply
        .headers({ 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' })
        .type('text/event-stream')
        .send(Readable.from(events) as never);
    },
  );
}

/** Asks again what authentication asked before the stream began: the key may be revoked, the member gone, the role narrowed. */
async function isStillVisible(
  services: Services,
  headers: FastifyRequest['headers'],
  of: { userId: string; organizationId: string; runId: string },
): Promise<boolean> {
  const asked = await authenticateRequest(services.auth, headers);
  if (asked.kind === 'nobody' || !isAllowed(asked.member, may.read)) return false;
  if (asked.member.userId !== of.userId || asked.member.organizationId !== of.organizationId) return false;
  try {
    await inOrganization(services.pool, of.organizationId, (transaction) =>
      requireRun(transaction, of.runId, runBoundsOf(asked.member)),
    );
    return true;
  } catch (error) {
    if (error instanceof SenaError && error.code === 'not_found') return false;
    throw error;
  }
}
