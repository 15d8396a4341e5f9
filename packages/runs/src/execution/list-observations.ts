// What the executions of a step found, with the beginning of their output: what planners and reports reason about. Reads only.
import type { OutcomeKind } from '@sena/contracts/domain/outcome';
import type { TenantTransaction } from '@sena/db/tenant';
import { readOutput } from '../output/read-output.ts';
import { effectiveOutcome, exitCode } from './effective-outcomes.ts';

export interface Observation {
  readonly executionId: string;
  readonly step: string;
  readonly node: { readonly id: string; readonly name: string };
  readonly outcome: OutcomeKind;
  readonly exitCode: number | null;
  readonly reason: string | null;
  /** What its satellite said of it, as a sentence. Text from outside. */
  readonly detail: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** More was written than is here. */
  readonly truncated: boolean;
}

/** How much of what was printed is wanted, so that 10,000 large outputs never meet in memory. */
export interface OutputWanted {
  /** Of each stream. 0: none is read. */
  readonly headBytes: number;
  /** Of all streams together; beyond it observations are marked as truncated. */
  readonly totalBytesMax: number;
}

/** Executions without an outcome are left out. */
export async function listObservations(
  transaction: TenantTransaction,
  runId: string,
  steps: readonly string[],
  wanted: OutputWanted,
): Promise<Observation[]> {
  const found = await transaction.query<{
    id: string;
    step: string;
    node_id: string;
    node_name: string;
    kind: OutcomeKind;
    exit_code: number | null;
    reason: string | null;
    detail: string | null;
    stdout_bytes: string;
    stderr_bytes: string;
    stdout_inline: Buffer | null;
    stderr_inline: Buffer | null;
  }>(
    `select e.id::text, e.step, e.node_id, e.node_name, o.kind, ${exitCode}, o.reason, o.detail, o.stdout_bytes, o.stderr_bytes,
       case when $3 then o.stdout_inline end as stdout_inline, case when $3 then o.stderr_inline end as stderr_inline
     from executions e ${effectiveOutcome} where e.run_id = $1 and e.step = any($2) and o.kind is not null order by e.node_name, e.step`,
    [runId, steps, wanted.headBytes > 0],
  );
  let leftBytes = wanted.totalBytesMax;
  const observations: Observation[] = [];
  for (const row of found.rows) {
    const head = async (inline: Buffer | null, written: string, stream: 'stdout' | 'stderr') => {
      const bytes = Math.min(wanted.headBytes, leftBytes);
      if (bytes === 0 || written === '0') return Buffer.alloc(0);
      const found = inline?.subarray(0, bytes) ?? (await readOutput(transaction, row.id, stream, 0, bytes));
      leftBytes -= found.length;
      return found;
    };
    const stdout = await head(row.stdout_inline, row.stdout_bytes, 'stdout');
    const stderr = await head(row.stderr_inline, row.stderr_bytes, 'stderr');
    observations.push({
      executionId: row.id,
      step: row.step,
      node: { id: row.node_id, name: row.node_name },
      outcome: row.kind,
      exitCode: row.exit_code,
      reason: row.reason,
      detail: row.detail,
      stdout: stdout.toString('utf8'),
      stderr: stderr.toString('utf8'),
      truncated: stdout.length < Number(row.stdout_bytes) || stderr.length < Number(row.stderr_bytes),
    });
  }
  return observations;
}
