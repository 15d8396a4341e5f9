// How the console is built: one folder that runs with plain Node, no calls home, and headers that keep it out of frames.
import { join } from 'node:path';
import type { NextConfig } from 'next';

const headers = [
  // The content security policy has a nonce for each page: see proxy.ts.
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
];

const config: NextConfig = {
  output: 'standalone',
  outputFileTracingRoot: join(import.meta.dirname, '../..'),
  transpilePackages: ['@sena/contracts', '@sena/sdk', '@sena/ui'],
  // `typecheck` does this for the whole workspace; here it would only make the first start slower.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  reactStrictMode: true,
  agentRules: false,
  images: { unoptimized: true },
  headers: async () => [{ source: '/:path*', headers }],
};

export default config;
