// The model router's environment, parsed once by main.ts.
import { logLevelSchema, parseEnvironment, portSchema } from '@sena/config/parse-environment';
import { z } from 'zod';

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: portSchema,
  LOG_LEVEL: logLevelSchema,
  DATABASE_URL: z.string(),
  SERVICE_TOKEN_SECRET: z.string().min(32, 'must have at least 32 characters'),
  /**
   * The vendor's base, as its clients want it: `http://127.0.0.1:11434/v1`; without a path, `/v1` below it. Without
   * this variable no model is configured.
   */
  SENA_MODEL_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s):// address that ends before /chat/completions' })
    .optional(),
  /** By default the first model that the vendor lists. */
  SENA_MODEL_NAME: z.string().optional(),
  SENA_MODEL_NAME_FAST: z.string().optional(),
  SENA_MODEL_KEY: z.string().optional(),
  /** `1`: what is sent there does not leave your own premises, so that it may answer the tier `private`. */
  SENA_MODEL_PRIVATE: z.enum(['0', '1']).optional(),
});
export type ModelRouterEnv = z.infer<typeof schema>;

export function parseModelRouterEnv(environment: Record<string, string | undefined>): ModelRouterEnv {
  return parseEnvironment('model-router', schema, environment);
}
