// The gateway's boot order, all of it. Entered by main (which listens) and by write-openapi (which does not).
// Opens nothing: what handlers use comes in.
import type { Logger } from '@sena/telemetry/logger';
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { GatewayApp } from './gateway-app.ts';
import { answerBrokenRequest } from './http/answer-broken-request.ts';
import { authentication } from './plugins/authentication.ts';
import { jsonBodies } from './plugins/json-bodies.ts';
import { openapi } from './plugins/openapi.ts';
import { problems } from './plugins/problems.ts';
import { rateLimits } from './plugins/rate-limits.ts';
import { reference } from './plugins/reference.ts';
import { requestLog } from './plugins/request-log.ts';
import { responseHeaders } from './plugins/response-headers.ts';
import { sameOrigin } from './plugins/same-origin.ts';
import { storableText } from './plugins/storable-text.ts';
import { sendProblem } from './problems/send-problem.ts';
import { registerRoutes } from './register-routes.ts';
import type { Services } from './services.ts';

export async function buildApp(services: Services, logger: Logger): Promise<GatewayApp> {
  const { settings } = services;
  const app: GatewayApp = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.limits.bodyBytes,
    trustProxy: [...settings.trustedProxies],
    requestTimeout: settings.limits.requestMs,
    // Node takes the longer of the two for the body: by itself it gives headers a minute.
    http: {
      headersTimeout: settings.limits.requestMs,
      connectionsCheckingInterval: Math.ceil(settings.limits.requestMs / 6),
    },
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 100 },
    clientErrorHandler: answerBrokenRequest,
    // Before any hook: an address that can not be decoded, or that is too long.
    frameworkErrors: (error, request, reply) => {
      request.log.info(
        { method: request.method, code: error.code, address: request.ip },
        'a request could not be read',
      );
      sendProblem(request, reply, error);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  // From the outside in: what is registered first sees a request first.
  await app.register(requestLog);
  await app.register(responseHeaders);
  await app.register(problems);
  await app.register(jsonBodies);
  await app.register(openapi, { publicUrl: settings.publicUrl });
  await app.register(authentication, { services });
  await app.register(sameOrigin, { publicUrl: settings.publicUrl });
  await app.register(rateLimits, { limits: settings.limits });
  await app.register(storableText);
  await app.register(reference);

  registerRoutes(app, services);
  await app.ready();
  return app;
}
