// A new dispatch key that the newest one names, or an old one that the newest no longer vouches for: what members have asked for. Entered by
// start-signing, one request at a time. Writes keys, statements, the checkpoint key's certificate, what waits under a retired key, and the
// audit row, in one transaction.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { newId } from '@sena/contracts/ids';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { certifyCheckpointKey } from '@sena/envelope/certify-checkpoint-key';
import { exportPrivateKey, generateKeyPair, importPublicKey } from '@sena/envelope/dispatch-key';
import { signAgain } from '@sena/envelope/sign-again';
import type { SigningKey } from '@sena/envelope/sign-envelope';
import { signKeyStatement } from '@sena/envelope/sign-key-statement';
import { lockDispatchKeys } from './lock-dispatch-keys.ts';
import { readSigningKeys, type SigningKeys } from './read-signing-keys.ts';
import { sealPrivateKey } from './seal-private-key.ts';

const actor = 'service:signer';

export type ChangedKeys =
  | { readonly kind: 'rotated'; readonly keyId: string; readonly fingerprint: string }
  | { readonly kind: 'retired'; readonly keyId: string; readonly signedAgain: number }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Another signer has done it. */
  | { readonly kind: 'gone' };

interface Request {
  readonly id: string;
  readonly kind: 'rotation' | 'retirement';
  readonly keyId: string | null;
  readonly requestedBy: string;
}

/** Throws when it can't be done now: the master key is another one, or PostgreSQL is away. Then nothing is written. */
export async function changeDispatchKeys(
  pool: Pool,
  masterKey: Buffer,
  organizationId: string,
  requestId: string,
): Promise<ChangedKeys> {
  return inOrganization(pool, organizationId, async (transaction): Promise<ChangedKeys> => {
    await lockDispatchKeys(transaction);
    const found = await transaction.query<Request>(
      `select id, kind, key_id as "keyId", requested_by as "requestedBy" from dispatch_key_requests
       where id = $1 and done_at is null for update`,
      [requestId],
    );
    const request = found.rows[0];
    if (request === undefined) return { kind: 'gone' };
    const keys = await readSigningKeys(transaction, masterKey);
    const changed =
      request.kind === 'rotation'
        ? await rotate(transaction, masterKey, keys, request)
        : await retire(transaction, keys, request);
    const keyId = 'keyId' in changed ? changed.keyId : request.keyId;
    await transaction.query(
      'update dispatch_key_requests set done_at = now(), key_id = $2, refusal = $3 where id = $1',
      [requestId, keyId, changed.kind === 'refused' ? changed.reason : null],
    );
    return changed;
  });
}

async function rotate(
  transaction: TenantTransaction,
  masterKey: Buffer,
  { newest }: SigningKeys,
  request: Request,
): Promise<ChangedKeys> {
  const { organizationId } = transaction;
  const [keyId, pair, sequence] = [newId('dkey'), generateKeyPair(), await nextSequence(transaction, newest.sequence)];
  const statement = await signKeyStatement(
    {
      ...{ v: 1, kind: 'succession', organizationId, sequence, keyId, publicKey: pair.publicKeySpki },
      previousKeyId: newest.keyId,
      notBefore: new Date().toISOString(),
    },
    newest,
  );
  await transaction.query(
    'insert into dispatch_keys (id, organization_id, public_key, fingerprint, sequence) values ($1, $2, $3, $4, $5)',
    [keyId, organizationId, pair.publicKeySpki, pair.fingerprint, sequence],
  );
  await transaction.query(
    'insert into dispatch_private_keys (dispatch_key_id, organization_id, ciphertext) values ($1, $2, $3)',
    [keyId, organizationId, sealPrivateKey(masterKey, { organizationId, keyId }, exportPrivateKey(pair.privateKey))],
  );
  await saveStatement(transaction, { sequence, kind: 'succession', keyId, jws: statement });
  await certifyAgain(transaction, { keyId, privateKey: pair.privateKey });
  await appendAuditEvent(transaction, {
    ...{ action: 'dispatch_key.rotated', actor, subject: keyId },
    data: {
      ...{ fingerprint: pair.fingerprint, previousKeyId: newest.keyId, sequence },
      ...{ requestId: request.id, requestedBy: request.requestedBy },
    },
  });
  return { kind: 'rotated', keyId, fingerprint: pair.fingerprint };
}

async function retire(transaction: TenantTransaction, { newest }: SigningKeys, request: Request): Promise<ChangedKeys> {
  const { organizationId } = transaction;
  const found = await transaction.query<{ id: string; publicKey: string }>(
    'select id, public_key as "publicKey" from dispatch_keys where id = $1 and retired_at is null',
    [request.keyId],
  );
  const old = found.rows[0];
  if (old === undefined) return { kind: 'refused', reason: 'There is no dispatch key with this id in use.' };
  if (old.id === newest.keyId)
    return { kind: 'refused', reason: 'It is the newest dispatch key. Rotate first, then retire it.' };
  const sequence = await nextSequence(transaction, newest.sequence);
  const statement = await signKeyStatement(
    {
      ...{ v: 1, kind: 'retirement', organizationId, sequence, retiredKeyId: old.id },
      notBefore: new Date().toISOString(),
    },
    newest,
  );
  await transaction.query('update dispatch_keys set retired_at = now() where id = $1', [old.id]);
  // Nothing is ever signed with it again.
  await transaction.query('delete from dispatch_private_keys where dispatch_key_id = $1', [old.id]);
  await saveStatement(transaction, { sequence, kind: 'retirement', keyId: old.id, jws: statement });
  const signedAgain = await signWaitingAgain(transaction, old, newest);
  await appendAuditEvent(transaction, {
    ...{ action: 'dispatch_key.retired', actor, subject: old.id },
    data: {
      ...{ newestKeyId: newest.keyId, sequence, signedAgain },
      ...{ requestId: request.id, requestedBy: request.requestedBy },
    },
  });
  return { kind: 'retired', keyId: old.id, signedAgain };
}

async function nextSequence(transaction: TenantTransaction, known: number): Promise<number> {
  const found = await transaction.query<{ last: string | null }>(
    'select max(sequence) as last from dispatch_key_statements',
  );
  return Math.max(known, Number(found.rows[0]?.last ?? 0)) + 1;
}

async function saveStatement(
  transaction: TenantTransaction,
  statement: { sequence: number; kind: 'succession' | 'retirement'; keyId: string; jws: string },
): Promise<void> {
  const { sequence, kind, keyId, jws } = statement;
  await transaction.query(
    'insert into dispatch_key_statements (organization_id, sequence, kind, key_id, jws) values ($1, $2, $3, $4, $5)',
    [transaction.organizationId, sequence, kind, keyId, jws],
  );
}

/** The key of checkpoints stays: whoever believes the new dispatch key alone learns it from that one. */
async function certifyAgain(transaction: TenantTransaction, newest: SigningKey): Promise<void> {
  const { organizationId } = transaction;
  const found = await transaction.query<{ id: string; publicKey: string }>(
    'select id, public_key as "publicKey" from checkpoint_keys',
  );
  for (const { id: keyId, publicKey } of found.rows) {
    const certificate = await certifyCheckpointKey({ v: 1, organizationId, keyId, publicKey }, newest);
    await transaction.query('update checkpoint_keys set certificate = $2, certified_by = $3 where id = $1', [
      ...[keyId, certificate, newest.keyId],
    ]);
  }
}

/**
 * What the retired key has signed, is still valid and was not journaled by its satellite: the same words under the newest key. Only what
 * that key has really signed: nobody else's words are signed here.
 */
async function signWaitingAgain(
  transaction: TenantTransaction,
  old: { id: string; publicKey: string },
  newest: SigningKey,
): Promise<number> {
  const dispatches = await transaction.query<{ id: string; jws: string }>(
    `select e.dispatch_id as id, e.jws from dispatch_envelopes e join dispatches d on d.id = e.dispatch_id
     where e.key_id = $1 and d.pending > 0 and d.acked_at is null and d.superseded_at is null and d.expires_at > now()
     order by d.id for update of e`,
    [old.id],
  );
  const inquiries = await transaction.query<{ id: string; jws: string }>(
    `select id, jws from inquiries where key_id = $1 and jws is not null and acked_at is null and expires_at > now() order by id for update`,
    [old.id],
  );
  const former = importPublicKey(old.publicKey);
  for (const { id, jws } of dispatches.rows) {
    const again = await signAgain(jws, former, newest);
    await transaction.query('update dispatch_envelopes set key_id = $2, jws = $3 where dispatch_id = $1', [
      ...[id, newest.keyId, again],
    ]);
  }
  for (const { id, jws } of inquiries.rows) {
    const again = await signAgain(jws, former, newest);
    await transaction.query('update inquiries set key_id = $2, jws = $3 where id = $1', [id, newest.keyId, again]);
  }
  return dispatches.rows.length + inquiries.rows.length;
}
