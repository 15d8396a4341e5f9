// A request that is sent twice with one Idempotency-Key happens once. The key is stored in the transaction of what it
// guards: when that is rolled back, the key is free again. A second request waits for the first one's commit. Identity is written on
// connections of its own, which commit after the key: should they fail to, nothing happened and the key is used up. Never twice.
import { createHash } from 'node:crypto';
import { inIdentityOf } from '@sena/auth/in-identity';
import { actorOf, principalRef } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import { inOrganization, type TenantTransaction } from '@sena/db/tenant';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type pg from 'pg';
import { z } from 'zod';
import { memberOf } from './member-of.ts';
import type { Services } from './services.ts';

/** The headers of every route that creates or changes something. */
export const idempotencyHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters')
    .optional()
    .describe(
      'Send the same request with the same key again to get the first answer again, with `Idempotency-Replayed: true`; ' +
        'nothing is done twice. Kept for 24 hours, for each member on its own.',
    ),
});

export interface Guarded<T extends z.ZodObject | z.ZodUnion> {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** What is stored of the first answer, and given again. What this does not name is not stored. */
  readonly kept: T;
}

export type Once<First, Kept> =
  | { readonly kind: 'first'; readonly answer: First }
  | { readonly kind: 'again'; readonly answer: Kept };

/** Without a key: does it. With one: does it, or returns what it returned. Throws `idempotency_key_reused`. */
export async function oncePerKey<T extends z.ZodObject | z.ZodUnion, First extends z.input<T>>(
  transaction: TenantTransaction,
  { request, reply, kept }: Guarded<T>,
  act: () => Promise<First>,
): Promise<Once<First, z.output<T>>> {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return { kind: 'first', answer: await act() };

  const principal = principalRef(memberOf(request));
  const bodySha256 = hashRequest(request);
  const taken = await transaction.query(
    `insert into idempotency_keys (organization_id, key, principal, body_sha256) values ($1, $2, $3, $4) on conflict do nothing`,
    [transaction.organizationId, key, principal, bodySha256],
  );
  if (taken.rowCount === 1) {
    const first = await act();
    await transaction.query('update idempotency_keys set response = $3 where principal = $1 and key = $2', [
      principal,
      key,
      JSON.stringify(kept.parse(first)),
    ]);
    return { kind: 'first', answer: first };
  }

  const known = await transaction.query<{ body_sha256: string; response: unknown }>(
    'select body_sha256, response from idempotency_keys where principal = $1 and key = $2',
    [principal, key],
  );
  const row = known.rows[0];
  if (row === undefined) {
    throw new SenaError('idempotency_in_progress', 'Send the request again; the first one has just been given up.');
  }
  if (row.body_sha256 !== bodySha256) {
    throw new SenaError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request. Use a new key for each new request.',
    );
  }
  reply.header('idempotency-replayed', 'true');
  return { kind: 'again', answer: kept.parse(row.response) as z.output<T> };
}

/** As `oncePerKey`, for what writes identity: in the member's name, in their organization. */
export function oncePerKeyInIdentity<T extends z.ZodObject | z.ZodUnion, First extends z.input<T>>(
  { pool, auth }: Services,
  guarded: Guarded<T>,
  act: (identity: pg.PoolClient) => Promise<First>,
): Promise<Once<First, z.output<T>>> {
  const by = memberOf(guarded.request);
  return inIdentityOf(auth.pool, by.organizationId, actorOf(by), (identity) =>
    inOrganization(pool, by.organizationId, (transaction) => oncePerKey(transaction, guarded, () => act(identity))),
  );
}

/** As validated: the same meaning is the same request, whatever the order of its fields. */
function hashRequest({ method, routeOptions, params, body }: FastifyRequest): string {
  const request = JSON.stringify([method, routeOptions.url, params, body ?? null], (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(request).digest('hex');
}
