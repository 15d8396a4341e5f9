// A run as people see it, without what it waits for. Reads only.
import { judgeRun, verdictWords } from '@sena/contracts/domain/judge-run';
import type { ActingKey } from '@sena/contracts/domain/principal';
import type { Finding, Planner, RunKind, RunStatus, Usage } from '@sena/contracts/domain/run';
import type { Run, RunSummary } from '@sena/contracts/http/runs';
import { requestedKeyJson } from '@sena/db/requested-key';
import type { TenantTransaction } from '@sena/db/tenant';

export interface RunRow {
  id: string;
  kind: RunKind;
  status: RunStatus;
  reason: string | null;
  prompt: string | null;
  command: string | null;
  selector: string | null;
  runbook: string | null;
  planner: Planner;
  answer: string | null;
  usage: Usage;
  requested_by: string;
  requested_by_name: string;
  requested_key: ActingKey | null;
  approval_id: string | null;
  last_event_seq: number;
  execution_count: number;
  exited_zero_count: number;
  exited_nonzero_count: number;
  not_started_count: number;
  unknown_count: number;
  created_at: Date;
  start_at: Date | null;
  started_at: Date | null;
  cancel_requested_at: Date | null;
  stop_requested: boolean;
  finished_at: Date | null;
}

/** The API key that a run was asked for with: an SQL expression over its row. */
export function requestedKey(run: string): string {
  return `case when ${run}.requested_key is not null
    then ${requestedKeyJson(run)} end`;
}

export const runColumns = `r.id, r.kind, r.status, r.reason, r.prompt, r.command, r.selector, r.runbook, r.planner, r.answer, r.usage,
  r.requested_by, r.requested_by_name, ${requestedKey('r')} as requested_key, r.last_event_seq, r.execution_count, r.exited_zero_count, r.exited_nonzero_count,
  r.not_started_count, r.unknown_count, r.created_at, r.start_at, r.started_at, r.cancel_requested_at, r.stop_requested, r.finished_at,
  (select a.id from approvals a where a.run_id = r.id and a.status = 'pending' order by a.created_at desc limit 1) as approval_id`;

/** null: there is none in this organization. */
export async function readRun(transaction: TenantTransaction, runId: string): Promise<Omit<Run, 'waits'> | null> {
  const found = await transaction.query<RunRow>(`select ${runColumns} from runs r where r.id = $1`, [runId]);
  const row = found.rows[0];
  if (row === undefined) return null;
  const findings = await transaction.query<Finding & { execution_ids: string[] }>(
    'select id, claim, severity, nodes, execution_ids from findings where run_id = $1 order by position',
    [runId],
  );
  return {
    ...summarizeRun(row),
    answer: row.answer,
    findings: findings.rows.map(({ id, claim, severity, nodes, execution_ids }) => ({
      id,
      claim,
      severity,
      nodes,
      executionIds: execution_ids,
    })),
  };
}

export function summarizeRun(row: RunRow): RunSummary {
  const ended = row.exited_zero_count + row.exited_nonzero_count + row.not_started_count + row.unknown_count;
  const { kind, status } = row;
  const counts = {
    total: row.execution_count,
    exitedZero: row.exited_zero_count,
    exitedNonZero: row.exited_nonzero_count,
    notStarted: row.not_started_count,
    unknown: row.unknown_count,
    pending: row.execution_count - ended,
  };
  return {
    id: row.id,
    kind,
    status,
    verdict: verdictWords(judgeRun({ kind, status, counts })),
    reason: row.reason,
    prompt: row.prompt ?? row.runbook,
    command: row.command,
    selector: row.selector,
    planner: row.planner,
    counts,
    usage: row.usage,
    requestedBy: { id: row.requested_by.replace(/^member:/, ''), name: row.requested_by_name, key: row.requested_key },
    approvalId: row.approval_id,
    lastEventSeq: row.last_event_seq,
    createdAt: row.created_at.toISOString(),
    startAt: row.start_at?.toISOString() ?? null,
    startedAt: row.started_at?.toISOString() ?? null,
    cancel:
      row.cancel_requested_at === null
        ? null
        : { requestedAt: row.cancel_requested_at.toISOString(), stopRunning: row.stop_requested },
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
