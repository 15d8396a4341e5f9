// An organization's sinks: made, listed and removed through the API. Writes audit_sinks and the audit row of each change.
import { createHmac } from 'node:crypto';
import { type Actor, actorRef } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { AuditSink } from '@sena/contracts/http/audit';
import { newId } from '@sena/contracts/ids';
import { noSuch } from '@sena/contracts/no-such';
import { isUniqueViolation, type TenantTransaction } from '@sena/db/tenant';
import { appendAuditEvent } from './append-audit-event.ts';
import { judgeSinkAddress } from './judge-sink-address.ts';
import { countSealedRecords } from './list-sealed-records.ts';

const sinksMax = 10;

/** What signs a webhook's deliveries. Not stored: it follows from the deployment's own secret and the sink's id. */
export function sinkSecret(serviceSecret: string, sinkId: string): string {
  return `sena_sink_${createHmac('sha256', serviceSecret).update(`sena-audit-sink-v1\n${sinkId}`).digest('base64url')}`;
}

export interface NewSink {
  readonly kind: 'webhook' | 'syslog';
  readonly address: string;
  readonly from: 'beginning' | 'now';
}

/** Throws `validation_failed` for an address that may not be sent to, `conflict` where there is such a sink, or too many. */
export async function createSink(
  transaction: TenantTransaction,
  sink: NewSink,
  by: { readonly actor: Actor; readonly privateHosts: ReadonlySet<string> },
): Promise<AuditSink> {
  const judged = judgeSinkAddress(sink.kind, sink.address, by.privateHosts);
  if (judged.kind === 'refused')
    throw new SenaError('validation_failed', judged.reason, { fields: [{ path: 'address', message: judged.reason }] });
  const existing = await transaction.query<{ n: number }>('select count(*)::integer as n from audit_sinks');
  if ((existing.rows[0]?.n ?? 0) >= sinksMax)
    throw new SenaError('conflict', `There are ${sinksMax} sinks already. Remove one first.`);
  const id = newId('sink');
  const cursor = sink.from === 'now' ? await countSealedRecords(transaction) : 0;
  try {
    await transaction.query(
      'insert into audit_sinks (id, organization_id, kind, address, created_by, cursor) values ($1, $2, $3, $4, $5, $6)',
      [id, transaction.organizationId, sink.kind, sink.address, actorRef(by.actor), cursor],
    );
  } catch (error) {
    if (isUniqueViolation(error))
      throw new SenaError('conflict', 'There is a sink with this address already.', { cause: error });
    throw error;
  }
  const data = { kind: sink.kind, host: hostOf(sink.address), from: sink.from };
  await appendAuditEvent(transaction, { action: 'audit_sink.created', actor: by.actor, subject: id, data });
  const made = (await listSinks(transaction)).find((each) => each.id === id);
  if (made === undefined) throw new Error(`sink ${id} was not stored`);
  return made;
}

export async function listSinks(transaction: TenantTransaction): Promise<AuditSink[]> {
  const lastSeq = await countSealedRecords(transaction);
  const found = await transaction.query<{
    id: string;
    kind: 'webhook' | 'syslog';
    address: string;
    created_at: Date;
    cursor: string;
    delivered_at: Date | null;
    failures: number;
    last_error: string | null;
    next_attempt_at: Date;
  }>(
    `select id, kind, address, created_at, cursor, delivered_at, failures, last_error, next_attempt_at
     from audit_sinks order by created_at, id`,
  );
  return found.rows.map((row) => ({
    ...{ id: row.id, kind: row.kind, address: row.address, createdAt: row.created_at.toISOString() },
    ...{ takenSeq: Number(row.cursor), lastSeq, failures: row.failures, lastError: row.last_error },
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    nextAttemptAt: row.next_attempt_at.toISOString(),
  }));
}

/** Throws `not_found`. What it has taken stays there. */
export async function deleteSink(transaction: TenantTransaction, id: string, actor: Actor): Promise<void> {
  const gone = await transaction.query<{ address: string; cursor: string }>(
    'delete from audit_sinks where id = $1 returning address, cursor',
    [id],
  );
  const row = gone.rows[0];
  if (row === undefined) throw noSuch('auditSink');
  const data = { host: hostOf(row.address), takenSeq: Number(row.cursor) };
  await appendAuditEvent(transaction, { action: 'audit_sink.deleted', actor, subject: id, data });
}

/** The rest of an address may be a secret: many webhooks are believed for their path. */
function hostOf(address: string): string {
  return URL.parse(address)?.host ?? '';
}
