// Which model answers a tier. Where data may not leave, that is asked first, and no eligible model is an error.
// Pure.
import { SenaError } from '@sena/contracts/errors';
import type { Tier } from '../http/chat-request.ts';
import type { Provider } from '../providers/provider.ts';
import type { ModelName } from './model-name.ts';

/** A model at a vendor, and what it may be used for. */
export interface Deployment {
  provider: Provider;
  model: ModelName;
  /** What is sent to it does not leave the operator's own premises. */
  keepsDataInside: boolean;
  tiers: readonly Tier[];
}

/** Throws `model_not_configured` with what to set. */
export function chooseDeployment(deployments: readonly Deployment[], tier: Tier): Deployment {
  if (deployments.length === 0) {
    throw new SenaError('model_not_configured', 'No model is configured. Set SENA_MODEL_URL, then start again.');
  }
  const eligible = tier === 'private' ? deployments.filter((deployment) => deployment.keepsDataInside) : deployments;
  const chosen = eligible.find((deployment) => deployment.tiers.includes(tier));
  if (chosen !== undefined) return chosen;
  throw new SenaError(
    'model_not_configured',
    tier === 'private'
      ? 'No configured model keeps data inside. If yours does, set SENA_MODEL_PRIVATE=1.'
      : `No model is configured for the tier "${tier}".`,
  );
}
