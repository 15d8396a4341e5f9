// The reference page of the API at /docs: a page of this process, that loads nothing from elsewhere and leads nowhere else.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import scalar from '@scalar/fastify-api-reference';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

/** In the page where each answer has a nonce of its own. */
const noncePlace = randomUUID();

/**
 * Styles that its script puts in without a nonce, by their hashes: a library's for messages, its theme with ours, and its client's. With another
 * version of it they are others: the test of this page says which.
 */
const stylesWithoutNonce = [
  'sha256-l/2OpPg0d+2VLTLgwjf5mQo2CYwHDEqdj5TjbfEyVJI=',
  'sha256-ehsw/01KtsMJ6KRf7XVSGuJGrg9GlnHTgQJmah/VfVY=',
  'sha256-2UEMd/YPsMy7CNRXElhBjwvL9rdy9m1ti/gu4lHLCUk=',
];

/** The console's, in the page itself: without one browsers ask for /favicon.ico, which is nobody's address. */
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none"><rect width="32" height="32" rx="8" fill="#3b4fd8"/><g stroke="#fff" stroke-width="2.2" stroke-linecap="round"><path d="M16 16 8.6 9.6M16 16l7.4-6.4M16 16v8.6"/></g><circle cx="16" cy="16" r="3.6" fill="#fff"/><circle cx="8.4" cy="9.4" r="2.5" fill="#aeb9ff"/><circle cx="23.6" cy="9.4" r="2.5" fill="#aeb9ff"/><circle cx="16" cy="25" r="2.5" fill="#aeb9ff"/></svg>',
)}`;

/** An example of more lines has its line numbers set as ours say. */
const linesMax = 40;
/**
 * The style attributes that its script writes, whole: an attribute carries no nonce. By the first two it measures a scroll bar; the others say how many
 * lines an example has, and how wide their numbers are.
 */
const styleAttributes = [
  'width:30px;height:30px;overflow-y:scroll;',
  'width:100%;height:40px',
  ...Array.from({ length: linesMax }, (_, index) => {
    const lines = String(index + 1);
    return `--line-count: ${lines}; --line-digits: ${lines.length};`;
  }),
];
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What the browser may do for this page: nothing beyond this origin, whatever the page's own script would like to. */
const contentSecurityPolicy = (nonce: string) =>
  [
    "default-src 'self'",
    // The page's script is started by a few lines in the page itself: those, and no others.
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}' ${stylesWithoutNonce.map((hash) => `'${hash}'`).join(' ')}`,
    `style-src-attr 'unsafe-hashes' ${styleAttributes.map(hashOf).join(' ')}`,
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
      if (!isPage || typeof payload !== 'string') return payload;
      // Where its script looks for the nonce of the styles that it writes.
      const ours = `<meta property="csp-nonce" content="${noncePlace}"><link rel="icon" href="${icon}">`;
      const page = payload.replace('<head>', `<head>${ours}`);
      return page.replaceAll(noncePlace, nonce);
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
        customCss: 'a[href*="scalar.com"] { display: none !important; } .hljs { --line-digits: 2; }',
      },
    });
  },
  { name: 'reference', dependencies: ['openapi'] },
);
