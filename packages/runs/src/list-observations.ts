// What the executions of a step found, with the beginning of their output: what planners and reports reason about. Reads only.
import type { OutcomeKind } from '@sena/contracts/domain/outcome';
import type { TenantTransaction } from '@sena/db/tenant';
import { effectiveOutcome } from './effective-outcomes.ts';
import { readOutput } from './read-output.ts';

export interface Observation {
  readonly executionId: string;
  readonly step: string;
  readonly node: { readonly id: string; readonly name: string };
  readonly outcome: OutcomeKind;
  readonly exitCode: number | null;
  readonly reason: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** More was written than is here. */
  readonly truncated: boolean;
}

/** Executions without an outcome are left out. `headBytes` of each stream, as text. */
export async function listObservations(
  transaction: TenantTransaction,
  runId: string,
  steps: readonly string[],
  headBytes = 65_536,
): Promise<Observation[]> {
  const found = await transaction.query<{
    id: string;
    step: string;
    node_id: string;
    node_name: string;
    kind: OutcomeKind;
    exit_code: number | null;
    reason: string | null;
    stdout_bytes: string;
    stderr_bytes: string;
    stdout_inline: Buffer | null;
    stderr_inline: Buffer | null;
  }>(
    `select e.id::text, e.step, e.node_id, e.node_name, o.kind, o.exit_code, o.reason, o.stdout_bytes, o.stderr_bytes, o.stdout_inline, o.stderr_inline
     from executions e ${effectiveOutcome} where e.run_id = $1 and e.step = any($2) and o.kind is not null order by e.node_name, e.step`,
    [runId, steps],
  );
  const observations: Observation[] = [];
  for (const row of found.rows) {
    const head = async (inline: Buffer | null, stream: 'stdout' | 'stderr') =>
      inline?.subarray(0, headBytes) ?? (await readOutput(transaction, row.id, stream, 0, headBytes));
    const stdout = await head(row.stdout_inline, 'stdout');
    const stderr = await head(row.stderr_inline, 'stderr');
    observations.push({
      executionId: row.id,
      step: row.step,
      node: { id: row.node_id, name: row.node_name },
      outcome: row.kind,
      exitCode: row.exit_code,
      reason: row.reason,
      stdout: stdout.toString('utf8'),
      stderr: stderr.toString('utf8'),
      truncated: stdout.length < Number(row.stdout_bytes) || stderr.length < Number(row.stderr_bytes),
    });
  }
  return observations;
}

/** True when no dispatch of these steps has an execution without an outcome. */
export async function stepsAreComplete(
  transaction: TenantTransaction,
  runId: string,
  steps: readonly string[],
): Promise<boolean> {
  const open = await transaction.query(
    'select 1 from dispatches where run_id = $1 and step = any($2) and pending > 0 limit 1',
    [runId, steps],
  );
  return open.rowCount === 0;
}
