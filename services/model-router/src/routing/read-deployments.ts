// From the environment to the models that there are. Opens no connection.
import type { ModelRouterEnv } from '../env.ts';
import { createOpenAiCompatible } from '../providers/openai-compatible/openai-compatible.ts';
import type { Deployment } from './choose-deployment.ts';

type ModelEnv = Pick<
  ModelRouterEnv,
  'SENA_MODEL_URL' | 'SENA_MODEL_NAME' | 'SENA_MODEL_NAME_FAST' | 'SENA_MODEL_KEY' | 'SENA_MODEL_PRIVATE'
>;

/** Empty: no model is configured. */
export function readDeployments(env: ModelEnv): Deployment[] {
  const { SENA_MODEL_URL: url, SENA_MODEL_NAME: model, SENA_MODEL_NAME_FAST: fast } = env;
  if (url === undefined || model === undefined) return [];
  const provider = createOpenAiCompatible({ url, key: env.SENA_MODEL_KEY ?? null });
  // What an address hides is unknown, and unknown means no, unless it is this very machine or the operator says so.
  const keepsDataInside =
    env.SENA_MODEL_PRIVATE === undefined ? isThisMachine(new URL(url).hostname) : env.SENA_MODEL_PRIVATE === '1';
  const common = { provider, keepsDataInside };
  return fast === undefined
    ? [{ ...common, model, tiers: ['fast', 'smart', 'private'] }]
    : [
        { ...common, model, tiers: ['smart', 'private'] },
        { ...common, model: fast, tiers: ['fast'] },
      ];
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
