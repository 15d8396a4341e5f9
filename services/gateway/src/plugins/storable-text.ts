// PostgreSQL stores neither NUL nor half a surrogate pair: text that holds one is refused before any handler sees it.
import { SenaError } from '@sena/contracts/errors';
import fp from 'fastify-plugin';
import type { GatewayApp } from '../gateway-app.ts';

export const storableText = fp(
  async (app: GatewayApp) => {
    app.addHook('preHandler', async (request) => {
      const path = findUnstorable(request.body) ?? findUnstorable(request.query);
      if (path === null) return;
      const field = path.join('.') || 'body';
      throw new SenaError('validation_failed', `Correct ${field} and send the request again.`, {
        fields: [{ path: field, message: 'holds a NUL character or half a surrogate pair' }],
      });
    });
  },
  { name: 'storable-text' },
);

/** Where it is; null when all is well. */
function findUnstorable(value: unknown): string[] | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? [] : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, item] of Object.entries(value)) {
    const path = findUnstorable(key) ?? findUnstorable(item);
    if (path !== null) return [key.isWellFormed() && !key.includes('\0') ? key : '(name)', ...path];
  }
  return null;
}
