// The orchestrator's environment, parsed once by main.ts.
import { logLevelSchema, parseEnvironment, portSchema } from '@sena/config/parse-environment';
import { z } from 'zod';

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: portSchema,
  LOG_LEVEL: logLevelSchema,
  DATABASE_URL: z.string(),
  CHECKPOINT_DATABASE_URL: z.string(),
  QUEUE_DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  SERVICE_TOKEN_SECRET: z.string().min(32),
  MODEL_ROUTER_URL: z.url().optional(),
  /** `1` when the model router has a vendor behind it. */
  MODEL_CONFIGURED: z.enum(['0', '1']).default('0'),
  /** Runs worked on at once by this process. */
  RUN_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(8),
  /** How long a dispatch may wait for its satellite. */
  DISPATCH_VALIDITY_MS: z.coerce.number().int().min(10_000).max(86_400_000).default(600_000),
  /** How long an approval may wait for a person. */
  APPROVAL_VALIDITY_MS: z.coerce.number().int().min(60_000).max(604_800_000).default(3_600_000),
  /** A satellite that was gone for so long: another one of its site finds out what became of what it was sent. */
  ASK_OTHERS_AFTER_MS: z.coerce.number().int().min(100).max(3_600_000).default(30_000),
  /** Names and addresses, by comma: not public, and audit records may be sent there all the same. */
  AUDIT_SINK_PRIVATE_HOSTS: z
    .string()
    .default('')
    .transform((list) => new Set(list.split(',').map((host) => host.trim()))),
  COMMAND_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(86_400_000).default(300_000),
});
export type OrchestratorEnv = z.infer<typeof schema>;

export function parseOrchestratorEnv(environment: Record<string, string | undefined>): OrchestratorEnv {
  return parseEnvironment('orchestrator', schema, environment);
}
