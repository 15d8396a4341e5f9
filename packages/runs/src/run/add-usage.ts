// Adds to what a run has used of models. Entered by the orchestrator's plan node.
import type { Usage } from '@sena/contracts/domain/run';
import type { TenantTransaction } from '@sena/db/tenant';

export async function addUsage(transaction: TenantTransaction, runId: string, used: Usage): Promise<void> {
  await transaction.query(
    `update runs set usage = jsonb_build_object(
       'modelCalls', (usage ->> 'modelCalls')::integer + $2::integer,
       'promptTokens', (usage ->> 'promptTokens')::integer + $3::integer,
       'completionTokens', (usage ->> 'completionTokens')::integer + $4::integer,
       'models', (select coalesce(jsonb_agg(distinct m), '[]') from jsonb_array_elements(usage -> 'models' || to_jsonb($5::text[])) m))
     where id = $1`,
    [runId, used.modelCalls, used.promptTokens, used.completionTokens, used.models],
  );
}
