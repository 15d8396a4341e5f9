// Which process answers a path: the table of the one public address.
// Pure.

export type Backend = 'gateway' | 'relay' | 'console';

const gatewayPaths = ['/v1', '/api/auth', '/scim', '/docs', '/healthz', '/readyz'];

/** `target`: the request line's target, as it came. */
export function routeRequest(target: string): Backend {
  const path = target.split(/[?#]/, 1)[0] ?? '/';
  if (path === '/v1/tunnel') return 'relay';
  if (gatewayPaths.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))) return 'gateway';
  return 'console';
}
