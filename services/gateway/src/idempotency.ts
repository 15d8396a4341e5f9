// A request that is sent twice with one Idempotency-Key happens once. The key is stored in the transaction of what it
// guards: when that is rolled back, the key is free again. A second request waits for the first one's commit.
import { createHash } from 'node:crypto';
import { principalRef } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { TenantTransaction } from '@sena/db/tenant';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { memberOf } from './member-of.ts';

export const idempotencyHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters')
    .optional()
    .describe('Send the same key again to get the first answer again instead of a second run. Kept for 24 hours.'),
});

export interface Guarded<T extends z.ZodType> {
  readonly request: FastifyRequest & { headers: { 'idempotency-key'?: string | undefined } };
  readonly route: string;
  /** As validated: the same meaning is the same request. */
  readonly body: unknown;
  /** What is stored and given again. */
  readonly answer: T;
}

/** Without a key: does it. With one: does it, or returns what it returned. Throws `idempotency_key_reused`. */
export async function oncePerKey<T extends z.ZodType>(
  transaction: TenantTransaction,
  { request, route, body, answer }: Guarded<T>,
  act: () => Promise<z.infer<T>>,
): Promise<{ answer: z.infer<T>; replayed: boolean }> {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return { answer: await act(), replayed: false };

  const principal = principalRef(memberOf(request));
  const bodySha256 = createHash('sha256')
    .update(JSON.stringify([route, body]))
    .digest('hex');
  const taken = await transaction.query(
    `insert into idempotency_keys (organization_id, key, principal, body_sha256) values ($1, $2, $3, $4) on conflict do nothing`,
    [transaction.organizationId, key, principal, bodySha256],
  );
  if (taken.rowCount === 1) {
    const first = await act();
    await transaction.query(
      `update idempotency_keys set status = 202, response = $3 where principal = $1 and key = $2`,
      [principal, key, JSON.stringify(first)],
    );
    return { answer: first, replayed: false };
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
  return { answer: answer.parse(row.response), replayed: true };
}
