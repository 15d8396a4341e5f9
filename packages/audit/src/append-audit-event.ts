// Every change that somebody may later ask about passes here, in the transaction of the change itself.
// Writes audit_events only; the sealer numbers and chains the row within a second.
import { type Actor, actorRef } from '@sena/contracts/domain/principal';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';

export interface NewAuditEvent {
  /** When the rows it is about name it; otherwise it gets a new one. */
  readonly id?: string;
  /** `noun.verb`, as in `run.created`, `approval.decided`. */
  readonly action: string;
  readonly actor: Actor;
  /** The id of what it happened to. */
  readonly subject: string;
  readonly runId?: string;
  /** JSON. Hashes and ids, never secrets and never output. Where a member acted with an API key, `apiKey` is added to it. */
  readonly data?: Record<string, unknown>;
}

/** Returns the id of the row. */
export async function appendAuditEvent(transaction: TenantTransaction, event: NewAuditEvent): Promise<string> {
  const [id] = await appendAuditEvents(transaction, [event]);
  return id as string;
}

/** One row each, in one statement. Returns their ids, in the same order. */
export async function appendAuditEvents(
  transaction: TenantTransaction,
  events: readonly NewAuditEvent[],
): Promise<string[]> {
  if (events.length === 0) return [];
  const ids = events.map((event) => event.id ?? newId('audit'));
  await transaction.query(
    `insert into audit_events (id, organization_id, action, actor, subject, run_id, data)
     select e.id, $1, e.action, e.actor, e.subject, e.run_id, e.data
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[]) as e (id, action, actor, subject, run_id, data)`,
    [
      transaction.organizationId,
      ids,
      events.map((event) => event.action),
      events.map((event) => actorRef(event.actor)),
      events.map((event) => event.subject),
      events.map((event) => event.runId ?? null),
      events.map((event) => JSON.stringify(withKey(event))),
    ],
  );
  return ids;
}

/** In the data, which is sealed as it is: records from before keys were named keep their form. */
function withKey({ actor, data = {} }: NewAuditEvent): Record<string, unknown> {
  return typeof actor === 'string' || actor.key === null ? data : { ...data, apiKey: actor.key };
}
