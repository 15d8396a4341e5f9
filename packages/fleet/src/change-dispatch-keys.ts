// What members ask of the signer about dispatch keys, and how things stand. Entered by the gateway: it holds no key, and changes none.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { type Actor, actorRef } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { DispatchKeyList, DispatchKeyRequest, DispatchKeyState } from '@sena/contracts/http/fleet';
import { newId } from '@sena/contracts/ids';
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';

/** Newest first, retired ones included. */
export async function readDispatchKeys(transaction: TenantTransaction): Promise<DispatchKeyList> {
  const keys = await transaction.query<{
    id: string;
    fingerprint: string;
    createdAt: Date;
    retiredAt: Date | null;
    satellites: number;
  }>(
    `select k.id, k.fingerprint, k.created_at as "createdAt", k.retired_at as "retiredAt",
       (select count(*)::int from satellites s where s.dispatch_key_id = k.id and s.revoked_at is null) as satellites
     from dispatch_keys k order by k.sequence desc, k.created_at desc, k.id desc`,
  );
  const newest = keys.rows.find(({ retiredAt }) => retiredAt === null);
  const requests = await transaction.query<{
    id: string;
    kind: 'rotation' | 'retirement';
    keyId: string | null;
    requestedBy: string;
    createdAt: Date;
    refusal: string | null;
  }>(
    `select id, kind, key_id as "keyId", requested_by as "requestedBy", created_at as "createdAt", refusal from dispatch_key_requests
     where done_at is null or (refusal is not null and done_at > now() - interval '1 hour') order by created_at, id`,
  );
  return {
    items: keys.rows.map(
      ({ id, fingerprint, createdAt, retiredAt, satellites }): DispatchKeyState => ({
        id,
        fingerprint,
        status: retiredAt !== null ? 'retired' : id === newest?.id ? 'newest' : 'believed',
        satelliteCount: satellites,
        createdAt: createdAt.toISOString(),
        retiredAt: retiredAt?.toISOString() ?? null,
      }),
    ),
    requests: requests.rows.map(({ createdAt, ...request }) => ({ ...request, createdAt: createdAt.toISOString() })),
  };
}

/** One that waits for the signer already is this one too. `reason`: for the audit. */
export async function requestKeyRotation(
  transaction: TenantTransaction,
  { reason, actor }: { reason: string | null; actor: Actor },
): Promise<DispatchKeyRequest> {
  const { requests } = await readDispatchKeys(transaction);
  const waiting = requests.find(({ kind, refusal }) => kind === 'rotation' && refusal === null);
  if (waiting !== undefined) return { id: waiting.id, kind: 'rotation' };
  return request(transaction, { kind: 'rotation', keyId: null, reason, actor });
}

/**
 * Throws `not_found`, and `conflict` for the newest key, for a retired one, and, unless `force`, while it is the newest that some satellite
 * believes.
 */
export async function requestKeyRetirement(
  transaction: TenantTransaction,
  keyId: string,
  { force, reason, actor }: { force: boolean; reason: string | null; actor: Actor },
): Promise<DispatchKeyRequest> {
  const { items } = await readDispatchKeys(transaction);
  const key = items.find(({ id }) => id === keyId);
  if (key === undefined) throw noSuch('dispatchKey');
  if (key.status === 'newest')
    throw new SenaError('conflict', 'This is the newest dispatch key. Rotate first, then retire it.');
  if (key.status === 'retired') throw new SenaError('conflict', 'This dispatch key is retired already.');
  if (key.satelliteCount > 0 && !force)
    throw new SenaError(
      'conflict',
      `${key.satelliteCount} satellites have not said yet that they believe a newer key. Wait until they have connected, or retire it all the same with force: they follow when they connect.`,
    );
  return request(transaction, { kind: 'retirement', keyId, reason, actor });
}

async function request(
  transaction: TenantTransaction,
  asked: { kind: 'rotation' | 'retirement'; keyId: string | null; reason: string | null; actor: Actor },
): Promise<DispatchKeyRequest> {
  const { kind, keyId, reason, actor } = asked;
  const id = newId('dkrq');
  await transaction.query(
    'insert into dispatch_key_requests (id, organization_id, kind, key_id, requested_by) values ($1, $2, $3, $4, $5)',
    [id, transaction.organizationId, kind, keyId, actorRef(actor)],
  );
  await appendAuditEvent(transaction, {
    ...{ action: `dispatch_key.${kind}_requested`, actor, subject: keyId ?? id },
    data: { requestId: id, reason },
  });
  return { id, kind };
}
