// The signer's environment, parsed once by main.ts.
import { readFileSync, statSync } from 'node:fs';
import { logLevelSchema, parseEnvironment, portSchema } from '@sena/config/parse-environment';
import { z } from 'zod';

/** 32 bytes, base64. */
const masterKeySchema = z
  .string()
  .refine(
    (value) => Buffer.from(value, 'base64').length === 32,
    'must be 32 bytes in base64, as `openssl rand -base64 32` prints them',
  );

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: portSchema,
  LOG_LEVEL: logLevelSchema,
  DATABASE_URL: z.string(),
  QUEUE_DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  /** The console's: where the passkeys of approvals that it verifies were made. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  MASTER_KEY: masterKeySchema,
  /** The one before it, while private keys are still sealed with that: at its start the signer seals them with the new one. */
  MASTER_KEY_PREVIOUS: masterKeySchema.optional(),
  /** A checkpoint of the audit chain after so many records, or when one of them has waited so long for it. */
  CHECKPOINT_EVERY_RECORDS: z.coerce.number().int().min(1).max(100_000).default(1_000),
  CHECKPOINT_EVERY_MS: z.coerce.number().int().min(100).max(86_400_000).default(60_000),
});
export type SignerEnv = z.infer<typeof schema>;

export function parseSignerEnv(environment: Record<string, string | undefined>): SignerEnv {
  return parseEnvironment('signer', schema, readKeyFiles(environment));
}

/** `MASTER_KEY_FILE` in place of `MASTER_KEY`, for who would rather not have it in an environment; the same of the previous one. */
function readKeyFiles(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  const read = { ...environment };
  for (const name of ['MASTER_KEY', 'MASTER_KEY_PREVIOUS']) {
    const file = environment[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    if ((environment[name] ?? '') !== '') throw new Error(`Set ${name} or ${name}_FILE, not both.`);
    read[name] = readKeyFile(`${name}_FILE`, file);
  }
  return read;
}

function readKeyFile(variable: string, file: string): string {
  try {
    if ((statSync(file).mode & 0o077) !== 0) throw new Error('others than its owner may read it: chmod 600');
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${variable} names ${file}, which can't be used: ${(error as Error).message}`, { cause: error });
  }
}
