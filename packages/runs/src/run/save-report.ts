// The end of a run: its answer and findings. Entered by the orchestrator's report node, in the transaction that ends the run.
import type { Finding } from '@sena/contracts/domain/run';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { appendRunEvent } from '../events/append-run-event.ts';

export type NewFinding = Omit<Finding, 'id'>;

/**
 * A finding whose evidence is not an execution of this run is dropped: a claim rests on something or is not made.
 * One that names no nodes is about those of its evidence.
 */
export async function saveReport(
  transaction: TenantTransaction,
  runId: string,
  report: {
    answer: string;
    findings: readonly NewFinding[];
    /** Added to an answer of which no finding is left; null: nothing. */
    ifUncited: string | null;
  },
): Promise<{ saved: number; dropped: number }> {
  const cited = [...new Set(report.findings.flatMap((finding) => finding.executionIds))];
  const known = await transaction.query<{ id: string; node_id: string; node_name: string }>(
    'select id::text, node_id, node_name from executions where run_id = $1 and id::text = any($2)',
    [runId, cited],
  );
  const nodeOf = new Map(known.rows.map((row) => [row.id, { id: row.node_id, name: row.node_name }]));
  const kept = report.findings
    .map((finding) => ({ ...finding, executionIds: finding.executionIds.filter((id) => nodeOf.has(id)) }))
    .filter((finding) => finding.executionIds.length > 0)
    .map((finding) =>
      finding.nodes.length > 0 ? finding : { ...finding, nodes: nodesOf(finding.executionIds, nodeOf) },
    );

  const isUncited = kept.length === 0 && report.ifUncited !== null;
  const answer = isUncited ? `${report.answer}\n\n${report.ifUncited}` : report.answer;
  await transaction.query('update runs set answer = $2 where id = $1', [runId, answer]);
  for (const [position, finding] of kept.entries()) {
    await transaction.query(
      `insert into findings (id, organization_id, run_id, position, claim, severity, nodes, execution_ids)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (run_id, position) do nothing`,
      [
        newId('find'),
        transaction.organizationId,
        runId,
        position,
        finding.claim,
        finding.severity,
        JSON.stringify(finding.nodes),
        finding.executionIds,
      ],
    );
  }
  await appendRunEvent(transaction, runId, { type: 'run.answered', answer, findingCount: kept.length });
  return { saved: kept.length, dropped: report.findings.length - kept.length };
}

function nodesOf(
  executionIds: readonly string[],
  nodeOf: ReadonlyMap<string, Finding['nodes'][number]>,
): Finding['nodes'] {
  const nodes = executionIds.flatMap((id) => nodeOf.get(id) ?? []);
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}
