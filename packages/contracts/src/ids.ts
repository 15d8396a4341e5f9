// Ids: prefixed UUIDv7 for everything that is stored, UUIDv5 for an execution, so that a retry finds its own row.
// Pure: no I/O.
import { hash, randomBytes } from 'node:crypto';
import { z } from 'zod';

const prefixes = [
  'org',
  'user',
  'key',
  'site',
  'sat',
  'join',
  'node',
  'run',
  'disp',
  'inq',
  'appr',
  'audit',
  'model',
  'find',
  'dkey',
  'dkrq',
  'ckey',
  'sink',
  'pol',
  'job',
  'sess',
  'acct',
  'memb',
  'inv',
  'vrf',
  'totp',
  'idp',
  'pass',
  'scim',
  'scimu',
  'scimg',
] as const;
export type IdPrefix = (typeof prefixes)[number];

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** `run_0192…`: the prefix says what it is, the UUIDv7 sorts by creation time. */
export function newId<P extends IdPrefix>(prefix: P, nowMs: number = Date.now()): `${P}_${string}` {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `${prefix}_${formatUuid(bytes)}`;
}

export function idSchema<P extends IdPrefix>(prefix: P) {
  return z.string().regex(new RegExp(`^${prefix}_${uuid}$`), `must be an id like ${prefix}_0192f3c4-…`);
}

export const executionIdSchema = z.string().regex(new RegExp(`^${uuid}$`), 'must be an execution id (a UUID)');

const executionNamespace = Buffer.from('5e1f3a60c1de5b0f9a9d7a4f0c8e21b7', 'hex');

/** UUIDv5 of (run, step, node): the same three always name the same execution, and nothing else does. */
export function executionIdFor(runId: string, step: string, nodeId: string): string {
  const text = `${runId}\n${step}\n${nodeId}`;
  const name = Buffer.allocUnsafe(executionNamespace.length + Buffer.byteLength(text));
  executionNamespace.copy(name);
  name.write(text, executionNamespace.length);
  const hex = hash('sha1', name, 'hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
