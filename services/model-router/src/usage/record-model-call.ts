// Leaves one row for each call, answered or not, in the caller's organization. Writes sena.model_calls only.
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { Tier } from '../http/chat-request.ts';
import type { ModelUsage } from '../providers/provider.ts';

export interface ModelCall {
  id: `model_${string}`;
  /** From the service token alone. */
  organizationId: string;
  runId: string | null;
  tier: Tier;
  provider: string;
  model: string;
  outcome: { status: 'succeeded' } | { status: 'failed'; code: string };
  /** null: the vendor gave no counts; the row has zeros and says `usage_not_reported`. */
  usage: ModelUsage | null;
  durationMs: number;
}

export async function recordModelCall(pool: Pool, call: ModelCall): Promise<void> {
  const remarks = [
    ...(call.outcome.status === 'failed' ? [call.outcome.code] : []),
    ...(call.usage === null ? ['usage_not_reported'] : []),
  ];
  await inOrganization(pool, call.organizationId, (transaction) =>
    transaction.query(
      `insert into model_calls
         (id, organization_id, run_id, tier, provider, model, status, prompt_tokens, completion_tokens, duration_ms, error)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        call.id,
        call.organizationId,
        call.runId,
        call.tier,
        call.provider,
        call.model,
        call.outcome.status,
        call.usage?.promptTokens ?? 0,
        call.usage?.completionTokens ?? 0,
        Math.round(call.durationMs),
        remarks.length === 0 ? null : remarks.join(', '),
      ],
    ),
  );
}
