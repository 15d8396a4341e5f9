// The executions of a run, by step and node name, a page at a time. Reads only.
import { adviseOnOutcome } from '@sena/contracts/domain/advise-on-outcome';
import type { ExecutionMode, OutcomeKind } from '@sena/contracts/domain/outcome';
import type { Redaction, StreamRedaction } from '@sena/contracts/domain/redaction';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Execution } from '@sena/contracts/http/runs';
import { executionIdSchema } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';
import { effectiveOutcome, exitCode } from './effective-outcomes.ts';

interface ExecutionRow {
  id: string;
  run_id: string;
  node_id: string;
  node_name: string;
  step: string;
  command: string;
  kind: OutcomeKind | null;
  exit_code: number | null;
  signal: string | null;
  reason: string | null;
  detail: string | null;
  mode: ExecutionMode | null;
  recorded_at: Date | null;
  told_by: string | null;
  audit_event_id: string | null;
  earlier: EarlierRow | null;
  duration_ms: number | null;
  stdout_bytes: string | null;
  stderr_bytes: string | null;
  stdout_kept_bytes: string | null;
  stderr_kept_bytes: string | null;
  started_at: Date | null;
  redaction: { [stream in keyof Redaction]: StoredRedaction | null } | null;
}

/** A page of executions leaves out the places. */
type StoredRedaction = Omit<StreamRedaction, 'spans'> & Partial<Pick<StreamRedaction, 'spans'>>;

interface EarlierRow {
  kind: OutcomeKind;
  reason: string | null;
  detail: string | null;
  at: string;
  by: string;
  audit_event_id: string;
}

/** A batch of several satellites has one audit event: who told which outcome stands in its row. Null: the cloud, and the event says who. */
const toldBy = (outcome: 'o' | 'x') =>
  `coalesce('satellite:' || ${outcome}.reporter, (select a.actor from audit_events a where a.id = ${outcome}.audit_event_id))`;

const columns = `e.id::text, e.run_id, e.node_id, e.node_name, e.step, d.command, o.kind, ${exitCode}, o.signal, o.reason, o.detail, o.mode, o.duration_ms,
  o.recorded_at, o.audit_event_id, ${toldBy('o')} as told_by,
  (select json_build_object('kind', x.kind, 'reason', x.reason, 'detail', x.detail, 'at', x.recorded_at, 'by', ${toldBy('x')}, 'audit_event_id', x.audit_event_id)
   from outcomes x
   where x.execution_id = e.id and x.revision < o.revision order by x.revision desc limit 1) as earlier,
  o.stdout_bytes, o.stderr_bytes, o.stdout_kept_bytes, o.stderr_kept_bytes,
  coalesce(o.started_at, (select max(s.started_at) from execution_starts s where s.execution_id = e.id)) as started_at`;

export async function listExecutions(
  transaction: TenantTransaction,
  runId: string,
  page: {
    limit: number;
    cursor?: string | undefined;
    outcome?: OutcomeKind | 'pending' | undefined;
    group?: string | undefined;
  },
): Promise<{ items: Execution[]; nextCursor: string | null }> {
  const [step, name, id] = decodeCursor(page.cursor, 3, ([, , id]) => executionIdSchema.safeParse(id).success) ?? [];
  const [groupStep, groupHash] = page.group === undefined ? [] : splitGroupKey(page.group);
  const found = await transaction.query<ExecutionRow>(
    `select ${columns}, o.redaction #- '{stdout,spans}' #- '{stderr,spans}' as redaction
     from executions e join dispatches d on d.id = e.dispatch_id ${effectiveOutcome}
     where e.run_id = $1
       and ($2::text is null or (e.step, e.node_name, e.id) > ($2, $3, $4::uuid))
       and ($5::text is null or coalesce(o.kind, 'pending') = $5)
       and ($6::text is null or (e.step = $6 and coalesce(o.group_hash, 'pending') = $7))
     order by e.step, e.node_name, e.id limit $8`,
    [
      runId,
      step ?? null,
      name ?? null,
      id ?? null,
      page.outcome ?? null,
      groupStep ?? null,
      groupHash ?? null,
      page.limit + 1,
    ],
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(toExecution),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.step, last.node_name, last.id]) : null,
  };
}

/** null: there is none in this organization. */
export async function readExecution(transaction: TenantTransaction, executionId: string): Promise<Execution | null> {
  const found = await transaction.query<ExecutionRow>(
    `select ${columns}, o.redaction from executions e join dispatches d on d.id = e.dispatch_id ${effectiveOutcome} where e.id = $1`,
    [executionId],
  );
  return found.rows[0] ? toExecution(found.rows[0]) : null;
}

/** A group's key is `<step>~<group hash>`; a step never holds a tilde. */
function splitGroupKey(key: string): [step: string, groupHash: string] {
  const at = key.indexOf('~');
  return at < 0 ? ['', key] : [key.slice(0, at), key.slice(at + 1)];
}

function toExecution(row: ExecutionRow): Execution {
  const stdoutBytes = Number(row.stdout_bytes ?? 0);
  const stderrBytes = Number(row.stderr_bytes ?? 0);
  return {
    id: row.id,
    runId: row.run_id,
    node: { id: row.node_id, name: row.node_name },
    step: row.step,
    command: row.command,
    outcome: row.kind,
    exitCode: row.exit_code,
    signal: row.signal,
    reason: row.reason,
    detail: row.detail,
    mode: row.mode,
    advice: adviseOnOutcome(row.kind, row.reason),
    told: toTold(row),
    earlier: row.earlier === null ? null : toEarlier(row.earlier),
    durationMs: row.duration_ms,
    stdoutBytes,
    stderrBytes,
    // Nobody knows how much a command wrote whose end nobody saw: what is kept may not be all.
    stdoutTruncated: row.kind === 'unknown' || Number(row.stdout_kept_bytes ?? 0) < stdoutBytes,
    stderrTruncated: row.kind === 'unknown' || Number(row.stderr_kept_bytes ?? 0) < stderrBytes,
    redaction:
      row.redaction === null
        ? null
        : { stdout: toMasked(row.redaction.stdout), stderr: toMasked(row.redaction.stderr) },
    startedAt: row.started_at?.toISOString() ?? null,
  };
}

function toMasked(stored: StoredRedaction | null): NonNullable<Execution['redaction']>['stdout'] {
  if (stored === null) return null;
  const { spans, ...counts } = stored;
  return { ...counts, ...(spans && { spans: spans.map(([start, end, rule]) => ({ start, end, rule })) }) };
}

function toTold({ recorded_at: at, told_by: by, audit_event_id: auditEventId }: ExecutionRow): Execution['told'] {
  return at === null || by === null || auditEventId === null ? null : { at: at.toISOString(), by, auditEventId };
}

function toEarlier({ kind, reason, detail, at, by, audit_event_id: auditEventId }: EarlierRow): Execution['earlier'] {
  return { outcome: kind, reason, detail, told: { at: new Date(at).toISOString(), by, auditEventId } };
}
