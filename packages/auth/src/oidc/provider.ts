// An organization's sign-in provider: read, set, removed. The client secret is kept encrypted and never told. Writes identity,
// audited by trigger.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type Member, principalRef, type Role } from '@sena/contracts/domain/principal';
import type { SignInProvider } from '@sena/contracts/http/sign-in';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { inIdentity } from '../in-identity.ts';
import type { SenaAuth } from '../open-auth.ts';

export interface ProviderRow {
  id: string;
  organization_id: string;
  issuer: string;
  client_id: string;
  client_secret: string;
  domains: string[];
  default_role: Role;
  default_scope: string | null;
}

export async function readProvider(pool: pg.Pool, organizationId: string): Promise<SignInProvider | null> {
  const found = await pool.query<ProviderRow>('select * from sign_in_providers where organization_id = $1', [
    organizationId,
  ]);
  return found.rows[0] === undefined ? null : toProvider(found.rows[0]);
}

/** null: none has this id. */
export async function findProvider(pool: pg.Pool, id: string): Promise<ProviderRow | null> {
  const found = await pool.query<ProviderRow>('select * from sign_in_providers where id = $1', [id]);
  return found.rows[0] ?? null;
}

/** `set.defaultScope` is a selector that was read already. */
export function setProvider(
  auth: SenaAuth,
  by: Member,
  set: {
    issuer: string;
    clientId: string;
    clientSecret: string;
    domains: readonly string[];
    defaultRole: Role;
    defaultScope: string | null;
  },
): Promise<SignInProvider> {
  return inIdentity(auth.pool, principalRef(by), async (client) => {
    // Another issuer is another provider: sessions and links of the former one are worth nothing.
    await removeProviders(client, by.organizationId, set.issuer);
    const stored = await client.query<ProviderRow>(
      `insert into sign_in_providers (id, organization_id, issuer, client_id, client_secret, domains, default_role, default_scope)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (organization_id) do update set client_id = excluded.client_id, client_secret = excluded.client_secret,
         domains = excluded.domains, default_role = excluded.default_role, default_scope = excluded.default_scope returning *`,
      [
        ...[newId('idp'), by.organizationId, set.issuer, set.clientId, sealSecret(auth.authSecret, set.clientSecret)],
        ...[set.domains.map((domain) => domain.toLowerCase()), set.defaultRole, set.defaultScope],
      ],
    );
    return toProvider(stored.rows[0] as ProviderRow);
  });
}

/** Sessions that it began end with it. Twice is once. */
export function removeProvider(auth: SenaAuth, by: Member): Promise<void> {
  return inIdentity(auth.pool, principalRef(by), (client) => removeProviders(client, by.organizationId, null));
}

/** All but the one of this issuer. */
async function removeProviders(client: pg.PoolClient, organizationId: string, issuer: string | null): Promise<void> {
  await client.query(
    `delete from session where "signInProviderId" in
       (select id from sign_in_providers where organization_id = $1 and issuer is distinct from $2)`,
    [organizationId, issuer],
  );
  await client.query('delete from sign_in_providers where organization_id = $1 and issuer is distinct from $2', [
    organizationId,
    issuer,
  ]);
}

function toProvider(row: ProviderRow): SignInProvider {
  return {
    id: row.id,
    issuer: row.issuer,
    clientId: row.client_id,
    domains: row.domains,
    defaultRole: row.default_role as SignInProvider['defaultRole'],
    defaultScope: row.default_scope,
  };
}

function sealSecret(authSecret: string, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(authSecret), nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** Throws when it was sealed under another secret, or changed. */
export function openSecret(authSecret: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(authSecret), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}

function sealingKey(authSecret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', authSecret, 'sena', 'sign-in provider secrets', 32));
}
