// The gateway's environment, parsed once by main. See docs/architecture/processes.md.
import { logLevelSchema, parseEnvironment, portSchema } from '@sena/config/parse-environment';
import { z } from 'zod';
import type { GatewaySettings } from './services.ts';

export const defaultLimits: GatewaySettings['limits'] = {
  requestsPerMinute: 6_000,
  failedKeysPerMinute: 120,
  enrolmentsPerMinute: 120,
  bodyBytes: 256 * 1024,
  requestMs: 30_000,
  streams: 5_000,
  streamsPerMember: 100,
};

const secretSchema = z.string().min(32, 'at least 32 characters');
const countSchema = z.coerce.number().int().min(1);

const environmentSchema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: portSchema,
  LOG_LEVEL: logLevelSchema,
  DATABASE_URL: z.string(),
  AUTH_DATABASE_URL: z.string(),
  QUEUE_DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  AUTH_SECRET: secretSchema,
  SERVICE_TOKEN_SECRET: secretSchema,
  /** `1` when the model router has a vendor behind it. */
  MODEL_CONFIGURED: z.enum(['0', '1']).default('0'),
  TRUSTED_PROXIES: z
    .string()
    .default('127.0.0.1,::1')
    .transform((list) => list.split(',').map((address) => address.trim())),
  /** Names and addresses, by comma: not public, and audit records may be sent there all the same. */
  AUDIT_SINK_PRIVATE_HOSTS: z
    .string()
    .default('')
    .transform((list) => new Set(list.split(',').map((host) => host.trim()))),
  /** Networks in which organizations' sign-in providers may be, although they are private: `10.2.0.0/16,127.0.0.0/8`. */
  SIGN_IN_PROVIDER_NETWORKS: z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((network) => network.trim() || []))
    .pipe(z.array(z.union([z.cidrv4(), z.cidrv6()]))),
  /** Where mail is sent by, and from whom; none: links are shown to who invites. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().min(3).default('SENA <no-reply@localhost>'),
  RATE_LIMIT_PER_MINUTE: countSchema.default(defaultLimits.requestsPerMinute),
  STREAMS_MAX: countSchema.default(defaultLimits.streams),
});

export type Environment = z.infer<typeof environmentSchema>;

export function readEnvironment(environment: Record<string, string | undefined>): Environment {
  return parseEnvironment('gateway', environmentSchema, environment);
}
