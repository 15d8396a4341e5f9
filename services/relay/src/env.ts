// The relay's environment, parsed once by main.ts.
import os from 'node:os';
import { logLevelSchema, parseEnvironment, portSchema } from '@sena/config/parse-environment';
import { z } from 'zod';
import { usualTiming } from './timing.ts';

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: portSchema,
  LOG_LEVEL: logLevelSchema,
  DATABASE_URL: z.string(),
  QUEUE_DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  RELAY_ID: z.string().min(1).max(64).default(`${os.hostname()}-${process.pid}`),
  /** How often satellites are asked to witness a new checkpoint of the audit. */
  WITNESS_EVERY_MS: z.coerce.number().int().min(100).max(86_400_000).default(usualTiming.checkpointMs),
  /** For a satellite that is lost its share of its site's limit is reserved this long. */
  SITE_SHARE_RESERVED_MS: z.coerce.number().int().min(100).max(3_600_000).default(usualTiming.siteShareReservedMs),
});
export type RelayEnv = z.infer<typeof schema>;

export function parseRelayEnv(environment: Record<string, string | undefined>): RelayEnv {
  return parseEnvironment('relay', schema, environment);
}
