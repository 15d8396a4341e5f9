// An organization's sign-in provider: read, set, removed. A client secret is kept encrypted and never told. Writes identity,
// audited by trigger.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, X509Certificate } from 'node:crypto';
import { actorOf, type Member, type Role } from '@sena/contracts/domain/principal';
import type { SignInProvider } from '@sena/contracts/http/sign-in';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import type { SenaAuth } from '../open-auth.ts';

interface CommonRow {
  id: string;
  organization_id: string;
  issuer: string;
  domains: string[];
  default_role: Role;
  default_scope: string | null;
}
export type OidcProviderRow = CommonRow & { kind: 'oidc'; client_id: string; client_secret: string };
/** `certificates`: DER as base64. */
export type SamlProviderRow = CommonRow & { kind: 'saml'; sso_url: string; certificates: string[] };
export type ProviderRow = OidcProviderRow | SamlProviderRow;

export async function readProvider(pool: pg.Pool, organizationId: string): Promise<SignInProvider | null> {
  const found = await inIdentityOf(pool, organizationId, null, (client) =>
    client.query<ProviderRow>('select * from sign_in_providers where organization_id = $1', [organizationId]),
  );
  return found.rows[0] === undefined ? null : toProvider(found.rows[0]);
}

/** Of whichever organization: the id is what a browser brings that nobody has signed in with yet. null: none has it. */
export async function findProvider(pool: pg.Pool, id: string): Promise<ProviderRow | null> {
  const found = await pool.query<ProviderRow>('select * from sign_in_providers where id = $1', [id]);
  return found.rows[0] ?? null;
}

export type WantedProvider = {
  readonly issuer: string;
  readonly domains: readonly string[];
  readonly defaultRole: Role;
  /** A selector that was read already. */
  readonly defaultScope: string | null;
} & (
  | { readonly kind: 'oidc'; readonly clientId: string; readonly clientSecret: string }
  /** `certificates` as readCertificate makes them. */
  | { readonly kind: 'saml'; readonly ssoUrl: string; readonly certificates: readonly string[] }
);

export function setProvider(auth: SenaAuth, by: Member, set: WantedProvider): Promise<SignInProvider> {
  const own =
    set.kind === 'oidc'
      ? [set.clientId, sealSecret(auth.authSecret, set.clientSecret), null, null]
      : [null, null, set.ssoUrl, set.certificates];
  return inIdentityOf(auth.pool, by.organizationId, actorOf(by), async (client) => {
    // Another issuer is another provider: sessions and links of the former one are worth nothing.
    await removeProviders(client, by.organizationId, set);
    const stored = await client.query<ProviderRow>(
      `insert into sign_in_providers
         (id, organization_id, kind, issuer, client_id, client_secret, sso_url, certificates, domains, default_role, default_scope)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       on conflict (organization_id) do update set client_id = excluded.client_id, client_secret = excluded.client_secret,
         sso_url = excluded.sso_url, certificates = excluded.certificates, domains = excluded.domains,
         default_role = excluded.default_role, default_scope = excluded.default_scope returning *`,
      [
        ...[newId('idp'), by.organizationId, set.kind, set.issuer, ...own],
        ...[set.domains.map((domain) => domain.toLowerCase()), set.defaultRole, set.defaultScope],
      ],
    );
    return toProvider(stored.rows[0] as ProviderRow);
  });
}

/** Sessions that it began end with it. Twice is once. */
export function removeProvider(auth: SenaAuth, by: Member): Promise<void> {
  return inIdentityOf(auth.pool, by.organizationId, actorOf(by), (client) =>
    removeProviders(client, by.organizationId, null),
  );
}

/** All but this one. */
async function removeProviders(
  client: pg.PoolClient,
  organizationId: string,
  kept: { kind: string; issuer: string } | null,
): Promise<void> {
  const others = 'organization_id = $1 and (kind, issuer) is distinct from ($2::text, $3::text)';
  const of = [organizationId, kept?.kind ?? null, kept?.issuer ?? null];
  await client.query(
    `delete from session where "signInProviderId" in (select id from sign_in_providers where ${others})`,
    of,
  );
  await client.query(`delete from sign_in_providers where ${others}`, of);
}

function toProvider(row: ProviderRow): SignInProvider {
  const common = {
    id: row.id,
    issuer: row.issuer,
    domains: row.domains,
    defaultRole: row.default_role as SignInProvider['defaultRole'],
    defaultScope: row.default_scope,
  };
  switch (row.kind) {
    case 'oidc':
      return { kind: 'oidc', ...common, clientId: row.client_id };
    case 'saml':
      return { kind: 'saml', ...common, ssoUrl: row.sso_url, certificates: row.certificates.map(showCertificate) };
  }
}

function showCertificate(der: string) {
  const certificate = new X509Certificate(Buffer.from(der, 'base64'));
  return {
    pem: certificate.toString().trim(),
    sha256: certificate.fingerprint256,
    validTo: certificate.validToDate.toISOString(),
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
