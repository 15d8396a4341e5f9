// The executions of a run, grouped by equal answers: largest group first, with one exemplar's head. Reads only.
import type { OutcomeKind } from '@sena/contracts/domain/outcome';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { OutputGroup } from '@sena/contracts/http/runs';
import type { TenantTransaction } from '@sena/db/tenant';
import { effectiveOutcome, exitCode } from '../execution/effective-outcomes.ts';
import { readOutput } from './read-output.ts';

const nodesShown = 20;
const headBytes = 4_096;

interface GroupRow {
  step: string;
  group_hash: string;
  command: string;
  count: number;
  kind: OutcomeKind | null;
  exit_code: number | null;
  reason: string | null;
  exemplar: string;
  node_ids: string[];
  node_names: string[];
  stdout_bytes: string;
  stderr_bytes: string;
}

/** Heads are text for people: bytes that are not UTF-8 are replaced. The whole output is under the exemplar's execution. */
export async function listOutputGroups(
  transaction: TenantTransaction,
  runId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: OutputGroup[]; nextCursor: string | null }> {
  const offset = Number(decodeCursor(page.cursor, 1)?.[0] ?? 0);
  const found = await transaction.query<GroupRow>(
    `with answered as (
       select e.id, e.step, e.node_id, e.node_name, e.dispatch_id, o.kind, ${exitCode}, o.reason, o.stdout_bytes, o.stderr_bytes,
         coalesce(o.group_hash, 'pending') as group_hash
       from executions e ${effectiveOutcome} where e.run_id = $1
     ), grouped as (
       select step, group_hash, count(*)::integer as count, (array_agg(id order by node_name))[1] as exemplar_id,
         (array_agg(node_id order by node_name))[1:${nodesShown}] as node_ids, (array_agg(node_name order by node_name))[1:${nodesShown}] as node_names
       from answered group by step, group_hash
     )
     select g.step, g.group_hash, d.command, g.count, a.kind, a.exit_code, a.reason, a.id::text as exemplar, g.node_ids, g.node_names,
       coalesce(a.stdout_bytes, 0) as stdout_bytes, coalesce(a.stderr_bytes, 0) as stderr_bytes
     from grouped g join answered a on a.id = g.exemplar_id join dispatches d on d.id = a.dispatch_id
     order by g.step, g.count desc, g.node_names[1], g.group_hash offset $2 limit $3`,
    [runId, Number.isSafeInteger(offset) && offset >= 0 ? offset : 0, page.limit + 1],
  );
  const items: OutputGroup[] = [];
  for (const row of found.rows.slice(0, page.limit)) {
    items.push({
      key: `${row.step}~${row.group_hash}`,
      step: row.step,
      command: row.command,
      count: row.count,
      nodes: row.node_ids.map((id, i) => ({ id, name: row.node_names[i] ?? id })),
      outcome: row.kind,
      exitCode: row.exit_code,
      reason: row.reason,
      stdout: (await readOutput(transaction, row.exemplar, 'stdout', 0, headBytes)).toString('utf8'),
      stderr: (await readOutput(transaction, row.exemplar, 'stderr', 0, headBytes)).toString('utf8'),
      stdoutBytes: Number(row.stdout_bytes),
      stderrBytes: Number(row.stderr_bytes),
      exemplarExecutionId: row.exemplar,
    });
  }
  return { items, nextCursor: found.rows.length > page.limit ? encodeCursor([String(offset + page.limit)]) : null };
}
