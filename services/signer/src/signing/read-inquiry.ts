// Everything an inquiry rests on, read anew from the database under a lock: the signer believes no message. Reads only.
import type { ExecutionLimits, InquiryNode } from '@sena/contracts/envelope';
import type { TenantTransaction } from '@sena/db/tenant';
import { lockRunsOfDispatches } from '@sena/runs/run/lock-runs';

export interface InquiryToSign {
  readonly id: string;
  readonly dispatchId: string;
  readonly runId: string;
  readonly step: string;
  /** Who finds out, and whether that is another satellite of the dispatch's site. */
  readonly satelliteId: string;
  readonly isOfSite: boolean;
  readonly satelliteRevoked: boolean;
  /** The newest dispatch key that it has said it believes. */
  readonly satelliteKeyId: string | null;
  readonly limits: ExecutionLimits;
  readonly readOnly: boolean;
  readonly wasSent: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly dispatchExpiresAt: Date;
  readonly traceparent: string | null;
  /** Those of which nobody has said what became of them. */
  readonly nodes: InquiryNode[];
}

/** null: signed or refused meanwhile, or nothing is left to find out. */
export async function readInquiryToSign(
  transaction: TenantTransaction,
  inquiryId: string,
): Promise<InquiryToSign | null> {
  const of = await transaction.query<{ dispatch_id: string }>('select dispatch_id from inquiries where id = $1', [
    inquiryId,
  ]);
  const dispatchId = of.rows[0]?.dispatch_id;
  if (dispatchId === undefined) return null;
  await lockRunsOfDispatches(transaction, [dispatchId]);
  const found = await transaction.query<{
    run_id: string;
    step: string;
    satellite_id: string;
    is_of_site: boolean;
    revoked: boolean;
    finder_key_id: string | null;
    limits: ExecutionLimits;
    read_only: boolean;
    was_sent: boolean;
    created_at: Date;
    expires_at: Date;
    dispatch_expires_at: Date;
    traceparent: string | null;
  }>(
    `select d.run_id, d.step, q.satellite_id, finder.site_id = former.site_id and finder.id <> former.id as is_of_site,
       finder.revoked_at is not null as revoked, finder.dispatch_key_id as finder_key_id, d.limits, d.read_only, d.sent_at is not null as was_sent,
       q.created_at, q.expires_at, d.expires_at as dispatch_expires_at, d.traceparent
     from inquiries q join dispatches d on d.id = q.dispatch_id
       join satellites finder on finder.id = q.satellite_id join satellites former on former.id = d.satellite_id
     where q.id = $1 and q.jws is null and q.refused_at is null and q.expires_at > now() and d.pending > 0
     for update of q`,
    [inquiryId],
  );
  const row = found.rows[0];
  if (row === undefined) return null;
  const nodes = await readNodes(transaction, dispatchId);
  if (nodes.length === 0) return null;
  return {
    id: inquiryId,
    dispatchId,
    runId: row.run_id,
    step: row.step,
    satelliteId: row.satellite_id,
    isOfSite: row.is_of_site,
    satelliteRevoked: row.revoked,
    satelliteKeyId: row.finder_key_id,
    limits: row.limits,
    readOnly: row.read_only,
    wasSent: row.was_sent,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    dispatchExpiresAt: row.dispatch_expires_at,
    traceparent: row.traceparent,
    nodes,
  };
}

/** What may change something is begun once: its attempt is the first. */
async function readNodes(transaction: TenantTransaction, dispatchId: string): Promise<InquiryNode[]> {
  const found = await transaction.query<{
    id: string;
    node_id: string;
    node_name: string;
    address: string;
    port: number;
    host_key: string | null;
    run_as: string;
    credential: string;
    started_at: Date | null;
    boot_id: string | null;
    stdout: string;
    stderr: string;
  }>(
    `select e.id::text, e.node_id, e.node_name, e.address, e.port, e.host_key, e.run_as, e.credential, s.started_at, s.boot_id,
       coalesce((select o.committed_bytes from output_streams o where o.execution_id = e.id and o.attempt = 1 and o.stream = 'stdout'), 0) as stdout,
       coalesce((select o.committed_bytes from output_streams o where o.execution_id = e.id and o.attempt = 1 and o.stream = 'stderr'), 0) as stderr
     from executions e left join execution_starts s on s.execution_id = e.id and s.attempt = 1
     where e.dispatch_id = $1 and not exists (select from outcomes o where o.execution_id = e.id) order by e.node_id`,
    [dispatchId],
  );
  return found.rows.map((row) => ({
    executionId: row.id,
    nodeId: row.node_id,
    name: row.node_name,
    address: row.address,
    port: row.port,
    hostKey: row.host_key,
    runAs: row.run_as,
    credential: row.credential,
    startedAt: row.started_at?.toISOString() ?? null,
    bootId: row.boot_id,
    stdoutBytes: Number(row.stdout),
    stderrBytes: Number(row.stderr),
  }));
}
