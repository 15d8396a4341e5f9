// Entered by whoever saves or deletes a policy, in their transaction: the text that holds from now on, and its audit row.
import { createHash } from 'node:crypto';
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { actorOf, type Member, principalRef } from '@sena/contracts/domain/principal';
import type { TenantTransaction } from '@sena/db/tenant';

export interface PolicyChange {
  readonly name: string;
  readonly version: number;
  /** Null: it is deleted. */
  readonly text: string | null;
  readonly by: Member;
}

export async function writePolicyVersion(
  transaction: TenantTransaction,
  { name, version, text, by }: PolicyChange,
): Promise<void> {
  await transaction.query(
    `insert into policy_versions (organization_id, name, version, text, changed_by, changed_by_name) values ($1, $2, $3, $4, $5, $6)`,
    [transaction.organizationId, name, version, text, principalRef(by), by.name],
  );
  await appendAuditEvent(transaction, {
    action: text === null ? 'policy.deleted' : 'policy.saved',
    actor: actorOf(by),
    subject: name,
    data: {
      version,
      sha256: text === null ? null : createHash('sha256').update(text).digest('hex'),
      by: by.by,
    },
  });
}
