// The front's environment, parsed once.
import { logLevelSchema, parseEnvironment, portSchema } from '@sena/config/parse-environment';
import { z } from 'zod';

const schema = z.object({
  /** Comma-separated; the first must be available, the others may be missing. */
  HOSTS: z
    .string()
    .default('127.0.0.1,::1')
    .transform((hosts) => hosts.split(',')),
  PORT: portSchema,
  GATEWAY_URL: z.url(),
  RELAY_URL: z.url(),
  CONSOLE_URL: z.url().optional(),
  LOG_LEVEL: logLevelSchema,
});

export function parseFrontEnvironment(environment: Record<string, string | undefined>) {
  return parseEnvironment('front', schema, environment);
}
