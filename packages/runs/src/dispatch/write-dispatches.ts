// Turns a step's commands into dispatches and executions, in one transaction with the doorbell for the signer.
// Entered by the orchestrator's dispatch node; a re-run finds what exists. Writes dispatches, executions, event, audit, outbox.
import { createHash } from 'node:crypto';
import { appendAuditEvents } from '@sena/audit/append-audit-event';
import type { Shell } from '@sena/contracts/domain/policy';
import type { Actor } from '@sena/contracts/domain/principal';
import type { ExecutionLimits } from '@sena/contracts/envelope';
import { executionIdFor, newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { appendRunEvent } from '../events/append-run-event.ts';
import { closeUnsentDispatches } from '../execution/close-executions.ts';
import { writeOutbox } from '../outbox/write-outbox.ts';

/** A node as it is now: this is what gets signed. */
export interface DispatchNode {
  readonly nodeId: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly hostKey: string | null;
  readonly runAs: string;
  readonly credential: string;
}

/** One command to the nodes of one satellite. */
export interface NewDispatch {
  readonly step: string;
  /** null: no satellite is enrolled at the site; the executions are closed as `not_started` at once. */
  readonly satelliteId: string | null;
  readonly shell: Shell;
  readonly command: string;
  readonly environment: Record<string, string>;
  readonly limits: ExecutionLimits;
  readonly readOnly: boolean;
  readonly approvalId: string | null;
  readonly notBefore: Date;
  readonly expiresAt: Date;
  readonly nodes: readonly DispatchNode[];
}

/**
 * A step is written once, as a whole: one that exists is left as it is, whoever its satellites would be by now, after a check
 * that its command is the same one. Throws when it is another. Returns the ids of all dispatches of these steps and the outbox
 * row to deliver after the commit.
 */
export async function writeDispatches(
  transaction: TenantTransaction,
  runId: string,
  dispatches: readonly NewDispatch[],
  options: { actor: Actor; traceparent: string | null },
): Promise<{ dispatchIds: string[]; written: number; outboxId: string }> {
  await transaction.query('select ensure_output_partition(now()::date)');
  const existing = await readDispatched(transaction, runId, dispatches);
  const dispatchIds = existing.map((dispatch) => dispatch.id);
  const dispatchedSteps = new Set(existing.map((dispatch) => dispatch.step));
  const fresh = dispatches.filter((dispatch) => !dispatchedSteps.has(dispatch.step));
  const written = fresh.length;
  const executionCount = fresh.reduce((sum, dispatch) => sum + dispatch.nodes.length, 0);
  const identified = fresh.map((dispatch) => ({ id: newId('disp'), dispatch }));
  dispatchIds.push(...identified.map(({ id }) => id));
  if (written > 0) {
    await insertDispatches(transaction, runId, identified, options.traceparent);
    await insertExecutions(transaction, runId, identified);
    await appendAuditEvents(
      transaction,
      identified.map(({ id, dispatch }) => ({
        action: 'dispatch.written',
        actor: options.actor,
        subject: id,
        runId,
        data: {
          step: dispatch.step,
          satelliteId: dispatch.satelliteId,
          command: dispatch.command,
          readOnly: dispatch.readOnly,
          approvalId: dispatch.approvalId,
          nodes: dispatch.nodes.map((node) => node.nodeId),
        },
      })),
    );
    await transaction.query('update runs set execution_count = execution_count + $2 where id = $1', [
      runId,
      executionCount,
    ]);
    await appendRunEvent(transaction, runId, { type: 'dispatch.written', dispatchIds, executionCount });
  }
  await closeWithoutSatellite(transaction, runId, options.actor);
  const outboxId = await writeOutbox(transaction, { job: 'signDispatches', runId, traceparent: options.traceparent });
  return { dispatchIds, written, outboxId };
}

async function closeWithoutSatellite(transaction: TenantTransaction, runId: string, actor: Actor): Promise<void> {
  const stranded = await transaction.query<{ id: string }>(
    'select id from dispatches where run_id = $1 and satellite_id is null and pending > 0',
    [runId],
  );
  const ids = stranded.rows.map((row) => row.id);
  const detail = 'No satellite is enrolled at the site of this node. Add one under Satellites, then ask again.';
  await closeUnsentDispatches(transaction, ids, { kind: 'not_started', reason: 'satellite_offline', detail }, actor);
}

/** Dispatches of these steps that an earlier attempt has written. */
async function readDispatched(
  transaction: TenantTransaction,
  runId: string,
  dispatches: readonly NewDispatch[],
): Promise<Array<{ id: string; step: string }>> {
  const commandOf = new Map(dispatches.map(({ step, command }) => [step, sha256Of(command)]));
  const found = await transaction.query<{ id: string; step: string; command_sha256: string }>(
    'select id, step, command_sha256 from dispatches where run_id = $1 and step = any($2) order by created_at, id',
    [runId, [...commandOf.keys()]],
  );
  for (const row of found.rows) {
    if (row.command_sha256 !== commandOf.get(row.step))
      throw new Error(`step ${row.step} of ${runId} was dispatched before with another command`);
  }
  return found.rows;
}

function sha256Of(command: string): string {
  return createHash('sha256').update(command).digest('hex');
}

type Identified = ReadonlyArray<{ readonly id: string; readonly dispatch: NewDispatch }>;

async function insertDispatches(
  transaction: TenantTransaction,
  runId: string,
  identified: Identified,
  traceparent: string | null,
): Promise<void> {
  const column = <T>(value: (dispatch: NewDispatch) => T) => identified.map(({ dispatch }) => value(dispatch));
  await transaction.query(
    `insert into dispatches (id, organization_id, run_id, traceparent, step, satellite_id, approval_id, shell, command, command_sha256,
       environment, limits, read_only, not_before, expires_at, total, pending)
     select i.id, $1, $2, $3, i.step, i.satellite_id, i.approval_id, i.shell, i.command, i.command_sha256,
       i.environment, i.limits, i.read_only, i.not_before, i.expires_at, i.total, i.total
     from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::jsonb[], $12::jsonb[],
         $13::boolean[], $14::timestamptz[], $15::timestamptz[], $16::integer[])
       as i (id, step, satellite_id, approval_id, shell, command, command_sha256, environment, limits, read_only, not_before, expires_at, total)`,
    [
      transaction.organizationId,
      runId,
      traceparent,
      identified.map(({ id }) => id),
      column((dispatch) => dispatch.step),
      column((dispatch) => dispatch.satelliteId),
      column((dispatch) => dispatch.approvalId),
      column((dispatch) => dispatch.shell),
      column((dispatch) => dispatch.command),
      column((dispatch) => sha256Of(dispatch.command)),
      column((dispatch) => JSON.stringify(dispatch.environment)),
      column((dispatch) => JSON.stringify(dispatch.limits)),
      column((dispatch) => dispatch.readOnly),
      column((dispatch) => dispatch.notBefore),
      column((dispatch) => dispatch.expiresAt),
      column((dispatch) => dispatch.nodes.length),
    ],
  );
}

async function insertExecutions(transaction: TenantTransaction, runId: string, identified: Identified): Promise<void> {
  const executions = identified.flatMap(({ id, dispatch }) =>
    dispatch.nodes.map((node) => ({ node, dispatchId: id, step: dispatch.step })),
  );
  await transaction.query(
    `insert into executions (id, organization_id, run_id, dispatch_id, step, node_id, node_name, address, port, host_key, run_as, credential)
     select i.id, $1, $2, i.dispatch_id, i.step, i.node_id, i.node_name, i.address, i.port, i.host_key, i.run_as, i.credential
     from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::text[], $11::text[], $12::text[])
       as i (id, dispatch_id, step, node_id, node_name, address, port, host_key, run_as, credential)`,
    [
      transaction.organizationId,
      runId,
      executions.map(({ node, step }) => executionIdFor(runId, step, node.nodeId)),
      executions.map(({ dispatchId }) => dispatchId),
      executions.map(({ step }) => step),
      executions.map(({ node }) => node.nodeId),
      executions.map(({ node }) => node.name),
      executions.map(({ node }) => node.address),
      executions.map(({ node }) => node.port),
      executions.map(({ node }) => node.hostKey),
      executions.map(({ node }) => node.runAs),
      executions.map(({ node }) => node.credential),
    ],
  );
}
