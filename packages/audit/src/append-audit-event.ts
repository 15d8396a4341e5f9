// Every change that somebody may later ask about passes here, in the transaction of the change itself.
// Writes audit_events only; the sealer numbers and chains the row within a second.
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';

export interface NewAuditEvent {
  /** When the rows it is about name it; otherwise it gets a new one. */
  readonly id?: string;
  /** `noun.verb`, as in `run.created`, `approval.decided`. */
  readonly action: string;
  /** `member:…`, `service:…`, `satellite:…`: see principalRef. */
  readonly actor: string;
  /** The id of what it happened to. */
  readonly subject: string;
  readonly runId?: string;
  /** JSON. Hashes and ids, never secrets and never output. */
  readonly data?: Record<string, unknown>;
}

/** Returns the id of the row. */
export async function appendAuditEvent(transaction: TenantTransaction, event: NewAuditEvent): Promise<string> {
  const id = event.id ?? newId('audit');
  await transaction.query(
    `insert into audit_events (id, organization_id, action, actor, subject, run_id, data) values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      id,
      transaction.organizationId,
      event.action,
      event.actor,
      event.subject,
      event.runId ?? null,
      JSON.stringify(event.data ?? {}),
    ],
  );
  return id;
}
