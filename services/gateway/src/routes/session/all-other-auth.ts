// Everything else below /api/auth that better-auth does and SENA has opened; the rest is 404.
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { forwardToAuth } from './forward-to-auth.ts';

export function allOtherAuth(app: GatewayApp, services: Services): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    config: { access: 'public' },
    schema: { hide: true },
    handler: (request, reply) => forwardToAuth(services, request, reply),
  });
}
