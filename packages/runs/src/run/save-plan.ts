// What a run is going to do, and what the gate said to it. Entered by the orchestrator's graph; a re-run finds what exists.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { PolicyDecision, Shell } from '@sena/contracts/domain/policy';
import type { Actor } from '@sena/contracts/domain/principal';
import type { Planner } from '@sena/contracts/domain/run';
import { newId } from '@sena/contracts/ids';
import type { TenantTransaction } from '@sena/db/tenant';

/** Which planner thinks for this run. */
export async function setPlanner(transaction: TenantTransaction, runId: string, planner: Planner): Promise<void> {
  await transaction.query('update runs set planner = $2 where id = $1', [runId, planner]);
}

export interface GatedCommand {
  readonly step: string;
  readonly command: string;
  readonly shell: Shell;
  readonly decision: PolicyDecision;
}

/** One row a command, with an audit row. (run, step) is unique: what was decided before stays. */
export async function savePolicyDecisions(
  transaction: TenantTransaction,
  runId: string,
  gated: readonly GatedCommand[],
  actor: Actor,
): Promise<void> {
  for (const { step, command, shell, decision } of gated) {
    const saved = await transaction.query(
      `insert into policy_decisions (id, organization_id, run_id, step, command, shell, decision, effects, reasons, rules, approvers)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (run_id, step) do nothing`,
      [
        newId('pol'),
        transaction.organizationId,
        runId,
        step,
        command,
        shell,
        decision.decision,
        JSON.stringify(decision.effects),
        JSON.stringify(decision.reasons),
        JSON.stringify(decision.rules),
        decision.approvers,
      ],
    );
    if (saved.rowCount === 0) continue;
    await appendAuditEvent(transaction, {
      action: 'command.gated',
      actor,
      subject: runId,
      runId,
      data: {
        step,
        command,
        decision: decision.decision,
        reasons: decision.reasons,
        rules: decision.rules,
        approvers: decision.approvers,
      },
    });
  }
}
