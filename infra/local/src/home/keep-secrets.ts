// Makes the random secrets of a local installation once and returns the same ones ever after. Entered by main.ts.
// Writes secrets.json, readable by its owner alone.
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type LoginRole, loginRoles } from '@sena/db/roles';
import { z } from 'zod';

const secretSchema = z.string().min(16);
/** `apiKey` null: not issued yet. */
const memberSchema = z.object({ password: secretSchema, apiKey: z.string().nullable() });
const secretsSchema = z.object({
  postgresPassword: secretSchema,
  rolePasswords: z.record(z.enum(loginRoles), secretSchema),
  authSecret: secretSchema,
  serviceTokenSecret: secretSchema,
  /** 32 bytes, base64. */
  masterKey: secretSchema,
  owner: memberSchema,
  approver: memberSchema,
});
export type Secrets = z.infer<typeof secretsSchema>;

/** @throws {Error} when the file is damaged: making new secrets would lock everybody out of the old data. */
export function keepSecrets(file: string): Secrets {
  const kept = read(file);
  if (kept !== null) return kept;
  const secrets: Secrets = {
    postgresPassword: random('base64url'),
    rolePasswords: Object.fromEntries(loginRoles.map((role) => [role, random('base64url')])) as Record<
      LoginRole,
      string
    >,
    authSecret: random('base64'),
    serviceTokenSecret: random('base64'),
    masterKey: random('base64'),
    owner: { password: readablePassword(), apiKey: null },
    approver: { password: readablePassword(), apiKey: null },
  };
  writeSecrets(file, secrets);
  return secrets;
}

/** Replaces the file as a whole. */
export function writeSecrets(file: string, secrets: Secrets): void {
  writeFileSync(`${file}.new`, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function read(file: string): Secrets | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return secretsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(
      `${file} is damaged. Restore it, or delete the directory it lies in to begin anew (the data in it is lost).`,
      { cause },
    );
  }
}

function random(encoding: 'base64' | 'base64url'): string {
  return randomBytes(32).toString(encoding);
}

/** 80 bits in groups that can be typed from a screen; no letter that is mistaken for another. */
function readablePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789x';
  const letters = [...randomBytes(16)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}
