// What the nodes of one run's graph work with, besides its state. Made by the worker for each lease; never stored.
import type { DoorbellData, DoorbellName } from '@sena/contracts/doorbells';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';
import { assertLease, type RunLease } from '@sena/runs/run/claim-run';
import type { Logger } from '@sena/telemetry/logger';
import type { Planner } from '../planners/planner.ts';

export interface RunContext {
  readonly pool: Pool;
  readonly parser: ShellParser;
  readonly cedar: CedarEngine;
  readonly lease: RunLease;
  /** W3C trace context of the run. */
  readonly traceparent: string | null;
  readonly logger: Logger;
  readonly planners: Planners;
  readonly limits: {
    readonly dispatchValidityMs: number;
    readonly approvalValidityMs: number;
    readonly commandTimeoutMs: number;
  };
  /** Aborts when the lease is lost or the process stops. */
  readonly signal: AbortSignal;
  /** Delivers an outbox row now; the sweeper does it otherwise. */
  deliver(outboxId: string): Promise<void>;
  ring<N extends DoorbellName>(doorbell: N, data: DoorbellData<N>): Promise<void>;
}

export interface Planners {
  readonly command: Planner;
  readonly runbook: Planner;
  /** null: no model is configured. */
  readonly model: Planner | null;
}

export const actor = 'service:orchestrator';

/** The clock that counts in the cloud is PostgreSQL's. */
export async function readNow(transaction: TenantTransaction): Promise<Date> {
  const found = await transaction.query<{ now: Date }>('select now() as now');
  return (found.rows[0] as { now: Date }).now;
}

/** A transaction that commits only while the lease is held. Rings for new run events after the commit. */
export async function changeRun<T>(
  context: RunContext,
  change: (transaction: TenantTransaction) => Promise<T>,
): Promise<T> {
  const { organizationId, runId } = context.lease;
  const { result, seq } = await inOrganization(context.pool, organizationId, async (transaction) => {
    await assertLease(transaction, context.lease);
    const changed = await change(transaction);
    const last = await transaction.query<{ seq: number }>('select last_event_seq as seq from runs where id = $1', [
      runId,
    ]);
    return { result: changed, seq: last.rows[0]?.seq ?? 0 };
  });
  await context.ring('runEvents', { runId, seq });
  return result;
}

export function readInRun<T>(context: RunContext, read: (transaction: TenantTransaction) => Promise<T>): Promise<T> {
  return inOrganization(context.pool, context.lease.organizationId, read);
}
