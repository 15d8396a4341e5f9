// Step 1 of a run: row, first event, outbox row and audit row in the caller's transaction. Entered by the gateway.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { actorOf, type Member, principalRef } from '@sena/contracts/domain/principal';
import type { RunKind, RunStatus } from '@sena/contracts/domain/run';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { appendRunEvent } from '../events/append-run-event.ts';
import { writeOutbox } from '../outbox/write-outbox.ts';

export interface NewRun {
  readonly kind: RunKind;
  readonly prompt: string | null;
  readonly command: string | null;
  readonly runbook: string | null;
  /** null: every node. */
  readonly selector: string | null;
  /** How long its work may wait for satellites and nodes that are offline. */
  readonly waitMs?: number;
  /** Nothing of it begins on a node before. Absent or null: at once. */
  readonly startAt?: Date | null;
  readonly requestedBy: Member;
  readonly traceparent: string;
}

/** After the commit, deliver the outbox row with ringOutbox; the sweeper does it otherwise. */
export async function createRun(
  transaction: TenantTransaction,
  run: NewRun,
): Promise<{ id: string; status: RunStatus; outboxId: string }> {
  const id = newId('run');
  const { organizationId } = transaction;
  await transaction.query(
    `insert into runs (id, organization_id, kind, prompt, command, runbook, selector, requested_by, requested_by_name, traceparent, wait_ms,
       requested_role, requested_via, requested_key, requested_key_name, scope, start_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
    [
      id,
      organizationId,
      run.kind,
      run.prompt,
      run.command,
      run.runbook,
      run.selector,
      principalRef(run.requestedBy),
      run.requestedBy.name,
      run.traceparent,
      run.waitMs ?? 0,
      run.requestedBy.role,
      run.requestedBy.by,
      run.requestedBy.key?.id ?? null,
      run.requestedBy.key?.name ?? null,
      run.requestedBy.scope,
      run.startAt ?? null,
    ],
  );
  const text = run.prompt ?? run.command ?? run.runbook ?? '';
  await appendRunEvent(transaction, id, { type: 'run.created', kind: run.kind, text });
  await appendAuditEvent(transaction, {
    action: 'run.created',
    actor: actorOf(run.requestedBy),
    subject: id,
    runId: id,
    data: {
      kind: run.kind,
      prompt: run.prompt,
      command: run.command,
      runbook: run.runbook,
      selector: run.selector,
      waitMs: run.waitMs ?? 0,
      startAt: run.startAt?.toISOString() ?? null,
      scope: run.requestedBy.scope,
      by: run.requestedBy.by,
    },
  });
  const outboxId = await writeOutbox(transaction, { job: 'advanceRun', runId: id, traceparent: run.traceparent });
  return { id, status: 'queued', outboxId };
}
