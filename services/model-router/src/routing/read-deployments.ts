// From the environment to the models that there are. Opens no connection.
import type { ModelRouterEnv } from '../env.ts';
import { createOpenAiCompatible } from '../providers/openai-compatible/openai-compatible.ts';
import type { Deployment } from './choose-deployment.ts';
import { configuredModel, firstListedModel } from './model-name.ts';

type ModelEnv = Pick<
  ModelRouterEnv,
  'SENA_MODEL_URL' | 'SENA_MODEL_NAME' | 'SENA_MODEL_NAME_FAST' | 'SENA_MODEL_KEY' | 'SENA_MODEL_PRIVATE'
>;

/** Empty: no model is configured. `onFound` is told which model is taken where none is named. */
export function readDeployments(
  env: ModelEnv,
  options: { listMs: number; onFound: (name: string) => void },
): Deployment[] {
  const { SENA_MODEL_URL: url, SENA_MODEL_NAME: name, SENA_MODEL_NAME_FAST: fast } = env;
  if (url === undefined) return [];
  const provider = createOpenAiCompatible({ url: baseOf(url), key: env.SENA_MODEL_KEY ?? null });
  const model = name === undefined ? firstListedModel(provider, options) : configuredModel(name);
  // What an address hides is unknown, and unknown means no, unless it is this very machine or the operator says so.
  const keepsDataInside =
    env.SENA_MODEL_PRIVATE === undefined ? isThisMachine(new URL(url).hostname) : env.SENA_MODEL_PRIVATE === '1';
  const common = { provider, keepsDataInside };
  return fast === undefined
    ? [{ ...common, model, tiers: ['fast', 'smart', 'private'] }]
    : [
        { ...common, model, tiers: ['smart', 'private'] },
        { ...common, model: configuredModel(fast), tiers: ['fast'] },
      ];
}

/** An address alone means the usual place below it. */
function baseOf(url: string): string {
  const base = new URL(url);
  return base.pathname === '/' ? new URL('/v1', base).href : url;
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
