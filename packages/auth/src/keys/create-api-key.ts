// A member makes a key for a program. Shown once, stored as a hash. A key that makes another one gives it no more than it has, and no
// longer. Writes identity, audited by trigger.
import { randomBytes } from 'node:crypto';
import type { Permission } from '@sena/contracts/domain/permission';
import type { Member } from '@sena/contracts/domain/principal';
import { sessionOnlyPermissions } from '@sena/contracts/domain/role-permissions';
import { SenaError } from '@sena/contracts/errors';
import type { ApiKey } from '@sena/contracts/http/api-keys';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { permissionsOf } from '../abilities.ts';
import { hashApiKey } from '../authenticate-request.ts';
import { apiKeyPrefix } from '../open-auth.ts';
import { readApiKey } from './list-api-keys.ts';

/** In a transaction that acts for `by`. `scopes` null: whatever the member may do, at every time. Throws `validation_failed`. */
export async function createApiKey(
  client: pg.PoolClient,
  made: { by: Member; name: string; scopes: readonly Permission[] | null; expiresInSeconds: number | null },
): Promise<{ apiKey: ApiKey; key: string }> {
  const { by } = made;
  const scopes = made.scopes ?? by.keyPermissions;
  refuseMoreThanOwn(by, scopes ?? []);
  refuseSessionOnly(scopes ?? []);
  const key = `${apiKeyPrefix}${randomBytes(36).toString('base64url')}`;
  const id = newId('key');
  const metadata = { organizationId: by.organizationId, ...(by.by === 'api_key' ? { madeBy: by.credentialId } : {}) };
  await client.query(
    `insert into apikey (id, "configId", name, start, prefix, key, "referenceId", enabled, "rateLimitEnabled", "requestCount",
       "createdAt", "updatedAt", "expiresAt", permissions, metadata)
     values ($1, 'default', $2, $3, $4, $5, $6, true, false, 0, now(), now(),
       least(now() + $7::double precision * interval '1 second', (select p."expiresAt" from apikey p where p.id = $10)), $8, $9)`,
    [
      ...[id, made.name, key.slice(0, apiKeyPrefix.length + 4), apiKeyPrefix, hashApiKey(key), by.userId],
      ...[made.expiresInSeconds, scopes === null ? null : storedPermissions(scopes), JSON.stringify(metadata)],
      by.by === 'api_key' ? by.credentialId : null,
    ],
  );
  const apiKey = await readApiKey(client, by.organizationId, id);
  if (apiKey === null) throw new Error(`API key ${id} was not stored`);
  return { apiKey, key };
}

function refuseMoreThanOwn(by: Member, scopes: readonly Permission[]): void {
  const own = permissionsOf(by);
  const beyond = scopes.filter((scope) => !own.includes(scope));
  if (beyond.length === 0) return;
  throw new SenaError(
    'validation_failed',
    `You may not do ${beyond.join(', ')} yourself. Leave it out, and make the key again.`,
    {
      fields: [{ path: 'scopes', message: 'holds more than you may do yourself' }],
    },
  );
}

function refuseSessionOnly(scopes: readonly Permission[]): void {
  const refused = scopes.filter((scope) => sessionOnlyPermissions.has(scope));
  if (refused.length === 0) return;
  throw new SenaError('validation_failed', `No key may do ${refused.join(', ')}: sign in for it. Leave it out.`, {
    fields: [{ path: 'scopes', message: 'holds what is for a person who is signed in' }],
  });
}

/** As better-auth keeps them: actions by what they are about. */
function storedPermissions(scopes: readonly Permission[]): string {
  const actionsOf: Record<string, string[]> = {};
  for (const scope of scopes) {
    const [subject = '', action = ''] = scope.split(':');
    actionsOf[subject] = [...(actionsOf[subject] ?? []), action];
  }
  return JSON.stringify(actionsOf);
}
