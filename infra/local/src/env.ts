// The supervisor's environment, parsed once by main.ts.
import { logLevelSchema, parseEnvironment, portSchema } from '@sena/config/parse-environment';
import { z } from 'zod';

export const defaultPort = 4700;

const postgresUrl = z
  .string()
  .regex(/^postgres(?:ql)?:\/\//, 'a postgresql:// address of a role that may create roles and databases');

const variables = z.object({
  SENA_PORT: portSchema.refine((port) => port > 0, 'a port from 1 to 65535').default(defaultPort),
  /** What browsers, scripts and satellites elsewhere call it: the TLS proxy in front. By default http://localhost:<SENA_PORT>. */
  SENA_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'an address like https://sena.example.com' })
    .refine(isOrigin, 'scheme, host and port alone, like https://sena.example.com')
    .transform((url) => new URL(url).origin)
    .optional(),
  SENA_DATA_DIR: z.string().optional(),
  /** Where scripts find the address and the keys. */
  SENA_LOCAL_FILE: z.string().optional(),
  SENA_DATABASE_URL: postgresUrl.optional(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'a redis:// address')
    .optional(),
  SENA_MODEL_URL: z
    .url({ protocol: /^https?$/, error: 'an http(s):// address that ends before /chat/completions' })
    .optional(),
  SENA_MODEL_NAME: z.string().optional(),
  SENA_MODEL_NAME_FAST: z.string().optional(),
  SENA_MODEL_PRIVATE: z.enum(['0', '1'], '1, or 0').optional(),
  SENA_MODEL_KEY: z.string().optional(),
  /** `on`: real hosts where the machine can carry them, else simulated ones. */
  SENA_LAB: z.enum(['on', 'simulated', 'off'], 'on, simulated or off').default('on'),
  SENA_LOG: z.enum(['text', 'json']).default('text'),
  LOG_LEVEL: logLevelSchema,
  NO_COLOR: z.string().optional(),
  FORCE_COLOR: z.string().optional(),
});
const schema = variables.refine((settings) => settings.SENA_PUBLIC_URL === undefined || settings.SENA_LAB === 'off', {
  path: ['SENA_PUBLIC_URL'],
  error: 'needs SENA_LAB=off: the lab’s sites have a way out to this machine only',
});
export type Settings = z.infer<typeof schema>;

export function parseSettings(environment: Record<string, string | undefined>): Settings {
  return parseEnvironment('npm start', schema, environment);
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  // Not a URL at all: that has been said already.
  return url === null || [url.origin, `${url.origin}/`].includes(text.toLowerCase());
}
