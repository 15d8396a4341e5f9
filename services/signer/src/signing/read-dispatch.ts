// Everything a dispatch rests on, read anew from the database under a lock: the signer believes no message. Reads only.
import type { Proposer, Shell } from '@sena/contracts/domain/policy';
import type { Planner, RunStatus } from '@sena/contracts/domain/run';
import type { EnvelopeNode, ExecutionLimits } from '@sena/contracts/envelope';
import type { TenantTransaction } from '@sena/db/tenant';
import { type ProposingRun, proposerOf } from '@sena/policy/rules/proposer';
import { lockRunsOfDispatches } from '@sena/runs/run/lock-runs';
import { type ApprovalToCheck, readApprovals } from './read-approvals.ts';
import type { PasskeyPage } from './verify-passkeys.ts';

export interface DispatchToSign {
  readonly id: string;
  readonly runId: string;
  readonly step: string;
  readonly satelliteId: string;
  readonly assignmentEpoch: number;
  readonly shell: Shell;
  readonly command: string;
  readonly environment: Record<string, string>;
  readonly limits: ExecutionLimits;
  readonly readOnly: boolean;
  readonly notBefore: Date;
  readonly expiresAt: Date;
  readonly traceparent: string | null;
  readonly nodes: EnvelopeNode[];
  readonly run: {
    readonly status: RunStatus;
    readonly cancelRequested: boolean;
    /** Nothing of it begins before. null: it was asked for at once. */
    readonly startAt: Date | null;
    readonly requester: { readonly id: string; readonly attributes: Readonly<Record<string, string>> };
    /** Whose words this command is, by the run as it was asked for. */
    readonly proposer: Proposer;
  };
  /** What rules ask of each node, as it is now: by node id. A node that was deleted has neither. Empty where no rule asks. */
  readonly nodeFacts: ReadonlyMap<string, NodeFacts>;
  readonly satelliteRevoked: boolean;
  /** The newest dispatch key that it has said it believes. */
  readonly satelliteKeyId: string | null;
  readonly approval: ApprovalToCheck | null;
}

export interface NodeFacts {
  readonly site: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * By run and id, locked until the transaction ends; `runs`: and their runs before them, as they must be where one may be closed. What was
 * signed, sent, finished or given to another meanwhile is not among them, nor what a revoked satellite was to read, which another may.
 */
export async function readDispatchesToSign(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
  options: { runs: 'locked' | 'free'; withNodeFacts: boolean; passkeyPage: PasskeyPage },
): Promise<DispatchToSign[]> {
  // Runs are locked before their dispatches, wherever executions may end.
  if (options.runs === 'locked') await lockRunsOfDispatches(transaction, dispatchIds);
  // In a statement of its own: the next one sees what another signer has committed while this one waited.
  await transaction.query('select 1 from dispatches where id = any($1) order by id for update', [dispatchIds]);
  const found = await transaction.query<{
    id: string;
    run_id: string;
    step: string;
    satellite_id: string;
    assignment_epoch: number;
    shell: Shell;
    command: string;
    environment: Record<string, string>;
    limits: ExecutionLimits;
    read_only: boolean;
    not_before: Date;
    expires_at: Date;
    traceparent: string | null;
    approval_id: string | null;
    run_status: RunStatus;
    cancel_requested: boolean;
    start_at: Date | null;
    requested_by: string;
    requested_role: string;
    requested_via: string;
    kind: ProposingRun['kind'];
    asked: string | null;
    planner: Planner;
    satellite_revoked: boolean;
    satellite_key_id: string | null;
  }>(
    `select d.id, d.run_id, d.step, d.satellite_id, d.assignment_epoch, d.shell, d.command, d.environment, d.limits, d.read_only, d.not_before,
       d.expires_at, d.traceparent, d.approval_id, r.status as run_status, r.cancel_requested_at is not null as cancel_requested,
       r.start_at, r.requested_by, r.requested_role, r.requested_via, r.kind, r.command as asked, r.planner, s.revoked_at is not null as satellite_revoked,
       s.dispatch_key_id as satellite_key_id
     from dispatches d join runs r on r.id = d.run_id join satellites s on s.id = d.satellite_id
     where d.id = any($1) and d.pending > 0 and d.sent_at is null and d.superseded_at is null
       and (s.revoked_at is null or d.approval_id is not null) and not exists (select from dispatch_envelopes e where e.dispatch_id = d.id)
     order by d.run_id, d.id`,
    [dispatchIds],
  );
  const nodesOf = await readNodes(
    transaction,
    found.rows.map((row) => row.id),
  );
  const nodeFacts = options.withNodeFacts
    ? await readNodeFacts(
        transaction,
        [...nodesOf.values()].flatMap((nodes) => nodes.map(({ nodeId }) => nodeId)),
      )
    : new Map<string, NodeFacts>();
  const approvals = await readApprovals(
    transaction,
    found.rows.flatMap((row) => row.approval_id ?? []),
    options.passkeyPage,
  );
  return found.rows.map((row) => ({
    id: row.id,
    runId: row.run_id,
    step: row.step,
    satelliteId: row.satellite_id,
    assignmentEpoch: row.assignment_epoch,
    shell: row.shell,
    command: row.command,
    environment: row.environment,
    limits: row.limits,
    readOnly: row.read_only,
    notBefore: row.not_before,
    expiresAt: row.expires_at,
    traceparent: row.traceparent,
    nodes: nodesOf.get(row.id) ?? [],
    run: {
      status: row.run_status,
      cancelRequested: row.cancel_requested,
      startAt: row.start_at,
      requester: { id: row.requested_by, attributes: { role: row.requested_role, via: row.requested_via } },
      proposer: proposerOf({ kind: row.kind, command: row.asked, planner: row.planner }, row.command),
    },
    nodeFacts,
    satelliteRevoked: row.satellite_revoked,
    satelliteKeyId: row.satellite_key_id,
    approval: row.approval_id === null ? null : (approvals.get(row.approval_id) ?? gone(row.approval_id)),
  }));
}

/** It names an approval that nobody can read: it has none, and it must not pass for one that needs none. */
function gone(approvalId: string): never {
  throw new Error(`approval ${approvalId} can not be read`);
}

async function readNodes(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
): Promise<Map<string, EnvelopeNode[]>> {
  const found = await transaction.query<{
    dispatch_id: string;
    id: string;
    node_id: string;
    node_name: string;
    address: string;
    port: number;
    host_key: string | null;
    run_as: string;
    credential: string;
  }>(
    `select dispatch_id, id::text, node_id, node_name, address, port, host_key, run_as, credential
     from executions where dispatch_id = any($1) order by node_id`,
    [dispatchIds],
  );
  const nodesOf = new Map<string, EnvelopeNode[]>(dispatchIds.map((id) => [id, []]));
  for (const row of found.rows) {
    nodesOf.get(row.dispatch_id)?.push({
      executionId: row.id,
      nodeId: row.node_id,
      name: row.node_name,
      address: row.address,
      port: row.port,
      hostKey: row.host_key,
      runAs: row.run_as,
      credential: row.credential,
    });
  }
  return nodesOf;
}

async function readNodeFacts(
  transaction: TenantTransaction,
  nodeIds: readonly string[],
): Promise<Map<string, NodeFacts>> {
  const found = await transaction.query<{ id: string; site: string; labels: Record<string, string> }>(
    'select n.id, s.name as site, n.labels from nodes n join sites s on s.id = n.site_id where n.id = any($1)',
    [nodeIds],
  );
  return new Map(found.rows.map(({ id, site, labels }) => [id, { site, labels }]));
}
