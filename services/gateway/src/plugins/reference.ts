// The reference page of the API at /docs: a page of this process, that loads nothing from elsewhere and leads nowhere else.
import scalar from '@scalar/fastify-api-reference';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

/** What the browser may do for this page: nothing beyond this origin, whatever the page's own script would like to. */
const contentSecurityPolicy = [
  "default-src 'self'",
  // The page's script writes styles, and is started by a few lines in the page itself.
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export const reference = fp(
  async (app: GatewayApp) => {
    app.addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.url?.startsWith('/docs')) reply.header('content-security-policy', contentSecurityPolicy);
    });
    await app.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/v1/openapi.json',
        pageTitle: 'SENA API',
        withDefaultFonts: false,
        telemetry: false,
        // What the page would offer of its maker's services: a hosted client, a toolbar to share and deploy, an assistant.
        hideClientButton: true,
        showDeveloperTools: 'never',
        agent: { disabled: true },
        mcp: { disabled: true },
        customCss: 'a[href*="scalar.com"] { display: none !important; }',
      },
    });
  },
  { name: 'reference', dependencies: ['openapi'] },
);
