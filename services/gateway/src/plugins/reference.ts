// The reference page of the API at /docs: a page of this process, that loads nothing from elsewhere and leads nowhere else.
import { randomBytes, randomUUID } from 'node:crypto';
import scalar from '@scalar/fastify-api-reference';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

/** In the page where each answer has a nonce of its own. */
const noncePlace = randomUUID();

/** What the browser may do for this page: nothing beyond this origin, whatever the page's own script would like to. */
const contentSecurityPolicy = (nonce: string) =>
  [
    "default-src 'self'",
    // The page's script is started by a few lines in the page itself: those, and no others.
    `script-src 'self' 'nonce-${nonce}'`,
    // It writes styles, also into attributes, which carry no nonce.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

export const reference = fp(
  async (app: GatewayApp) => {
    app.addHook('onSend', async (request, reply, payload) => {
      if (!request.routeOptions.url?.startsWith('/docs')) return payload;
      const nonce = randomBytes(16).toString('base64');
      reply.header('content-security-policy', contentSecurityPolicy(nonce));
      const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
      return isPage && typeof payload === 'string' ? payload.replaceAll(noncePlace, nonce) : payload;
    });
    await app.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/v1/openapi.json',
        pageTitle: 'SENA API',
        nonce: noncePlace,
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
