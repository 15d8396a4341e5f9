// POST /v1/enrolments: a satellite shows its join token, its own public key, and by a signature that the private one is there. Nobody is
// signed in: the token says for whom it comes.
import { enrolBodySchema, enrolledSchema } from '@sena/contracts/http/fleet';
import { enrolSatellite } from '@sena/fleet/enrol-satellite';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postEnrolments(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/enrolments',
    {
      config: { access: 'public', rateLimit: { max: services.settings.limits.enrolmentsPerMinute } },
      schema: {
        operationId: 'enrolSatellite',
        tags: ['fleet'],
        summary: 'Enrol a satellite with a join token',
        body: enrolBodySchema,
        response: {
          201: enrolledSchema,
          ...declareProblems('join_token_invalid', 'key_refused', 'name_taken', 'not_ready'),
        },
      },
    },
    async (request, reply) => {
      const enrolled = await enrolSatellite(services.pool, request.body, services.settings.publicUrl);
      return reply.code(201).send(enrolled);
    },
  );
}
