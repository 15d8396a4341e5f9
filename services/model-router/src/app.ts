// The model router's boot order, all of it. Entered by start-model-router and by tests.
// Opens nothing: what handlers use comes in.
import type { ServiceIdentity } from '@sena/auth/service-token';
import { SenaError } from '@sena/contracts/errors';
import type { Logger } from '@sena/telemetry/logger';
import { traceIdOf, traceparentFrom } from '@sena/telemetry/trace-context';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { errorAnswer } from './http/error-answer.ts';
import { authenticateCaller } from './routes/authenticate-caller.ts';
import { type ChatCompletionsParts, registerChatCompletions } from './routes/chat-completions.ts';
import { registerHealth } from './routes/health.ts';
import { registerModels } from './routes/models.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set for everything below /v1. */
    caller: ServiceIdentity | null;
    /** For the log, where the answer is an error. */
    errorCode: string | null;
  }
}

const bodyBytesMax = 8 * 1_024 * 1_024;
const requestMs = 30_000;

export interface ModelRouterParts extends ChatCompletionsParts {
  serviceTokenSecret: string;
}

export async function buildApp(parts: ModelRouterParts, logger: Logger): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    // A body that does not come; answers take as long as models do.
    requestTimeout: requestMs,
    // Node takes the longer of the two for the body: by itself it gives headers a minute.
    http: { headersTimeout: requestMs },
    return503OnClosing: false,
  });
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('caller', null);
  app.decorateRequest('errorCode', null);

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? null;
    const { traceparent } = request.headers;
    request.log[route === '/healthz' || route === '/readyz' ? 'debug' : 'info'](
      {
        method: request.method,
        route,
        status: reply.statusCode,
        code: request.errorCode ?? undefined,
        durationMs: Math.round(reply.elapsedTime),
        organizationId: request.caller?.organizationId,
        caller: request.caller?.service,
        traceId: traceIdOf(traceparentFrom(typeof traceparent === 'string' ? traceparent : null)),
      },
      'request',
    );
  });
  app.setErrorHandler((error, request, reply) => {
    const { status, headers, body } = errorAnswer(error);
    request.errorCode = body.error.code;
    // A vendor's error may repeat the prompt, so only SENA's own are logged in full.
    if (body.error.code === 'internal') request.log.error({ err: error }, 'a request failed');
    return reply.code(status).headers(headers).send(body);
  });
  app.setNotFoundHandler(() => {
    throw new SenaError('not_found', 'There is nothing at this address. POST /v1/chat/completions is.');
  });

  registerHealth(app, parts.pool);
  // The hook belongs to the routes, not to how their address is written.
  await app.register(async (v1) => {
    v1.addHook('onRequest', async (request) => {
      request.caller = await authenticateCaller(parts.serviceTokenSecret, request);
    });
    registerModels(v1, parts.deployments);
    registerChatCompletions(v1, parts);
  });
  await app.ready();
  return app;
}
