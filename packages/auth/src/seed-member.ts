// Makes sure that a member exists, with an organization, a password and an API key. Entered by start-up and tests.
// Safe to run at every start; writes identity only.
import { createHash } from 'node:crypto';
import { actorOf, type Member, type Role, roleSchema } from '@sena/contracts/domain/principal';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { authenticateRequest } from './authenticate-request.ts';
import { inIdentityOf } from './in-identity.ts';
import { createApiKey } from './keys/create-api-key.ts';
import { openAuth, type SenaAuth } from './open-auth.ts';

export interface SeededMember {
  /** PostgreSQL, role sena_identity. */
  readonly authUrl: string;
  readonly authSecret: string;
  readonly publicUrl: string;
  /** Organizations are the same when their names are, without regard to case and punctuation. */
  readonly organizationName: string;
  readonly email: string;
  readonly name: string;
  /** 12 to 256 characters. Set anew when it differs. */
  readonly password: string;
  readonly role: Role;
  /** A selector that narrows the role; none: every node. */
  readonly scope?: string;
  /** One that was issued before: it is returned again while it still works, otherwise a new one is issued. */
  readonly apiKey?: string;
}

export async function seedMember(
  seed: SeededMember,
): Promise<{ userId: string; organizationId: string; apiKey: string }> {
  const role = roleSchema.parse(seed.role);
  if (seed.password.length < 12 || seed.password.length > 256) throw new Error('a password has 12 to 256 characters');
  const auth = openAuth({
    authUrl: seed.authUrl,
    authSecret: seed.authSecret,
    publicUrl: seed.publicUrl,
    // Seeding checks no service token; a secret that nobody has refuses them all.
    serviceTokenSecret: newId('key'),
    onLog: (_level, message) => process.emitWarning(message),
    connectionsMax: 2,
    connectTimeoutMs: 60_000,
  });
  try {
    const { userId, organizationId } = await inSeedTransaction(auth, async (client) => {
      const organizationId = await ensureOrganization(client, seed.organizationName);
      const userId = await ensureUser(client, organizationId, seed.email.toLowerCase(), seed.name);
      await ensurePassword(client, auth, userId, seed.password);
      await ensureMembership(client, organizationId, userId, role, seed.scope ?? null);
      return { userId, organizationId };
    });
    const apiKey = await ensureApiKey(auth, {
      issued: seed.apiKey,
      member: {
        userId,
        organizationId,
        email: seed.email.toLowerCase(),
        name: seed.name,
        role,
        scope: seed.scope ?? null,
      },
    });
    return { userId, organizationId, apiKey };
  } finally {
    await auth.close();
  }
}

/** One seed at a time, all of it or nothing. */
async function inSeedTransaction<T>(auth: SenaAuth, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await auth.pool.connect();
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtext('sena.seed'))`);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function ensureOrganization(client: pg.PoolClient, name: string): Promise<string> {
  const slug = slugOf(name);
  const inserted = await client.query<{ id: string }>(
    `insert into organization (id, name, slug, "createdAt") values ($1, $2, $3, now()) on conflict (slug) do nothing returning id`,
    [newId('org'), name, slug],
  );
  const found = inserted.rows[0] ?? (await client.query('select id from organization where slug = $1', [slug])).rows[0];
  return found.id;
}

function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return slug === '' ? createHash('sha256').update(name).digest('hex').slice(0, 16) : slug;
}

/** The member with this address, or the longest known person that no organization's people took in: that one may belong to several. */
async function ensureUser(client: pg.PoolClient, organizationId: string, email: string, name: string): Promise<string> {
  const found = await client.query<{ id: string }>(
    `select u.id from "user" u where u.email = $1
       and (u."emailVerified" or exists (select from "member" m where m."userId" = u.id and m."organizationId" = $2))
     order by exists (select from "member" m where m."userId" = u.id and m."organizationId" = $2) desc, u."createdAt", u.id limit 1`,
    [email, organizationId],
  );
  const id = found.rows[0]?.id ?? newId('user');
  if (found.rows[0] === undefined) {
    // Whoever runs SENA says who this is.
    await client.query(`insert into "user" (id, name, email, "emailVerified") values ($1, $2, $3, true)`, [
      id,
      name,
      email,
    ]);
  }
  await client.query('update "user" set name = $2, "updatedAt" = now() where id = $1 and name <> $2', [id, name]);
  return id;
}

async function ensurePassword(client: pg.PoolClient, auth: SenaAuth, userId: string, password: string): Promise<void> {
  const found = await client.query<{ password: string }>(
    `select password from account where "userId" = $1 and "providerId" = 'credential'`,
    [userId],
  );
  const known = found.rows[0];
  if (known === undefined) {
    await client.query(
      `insert into account (id, "accountId", "providerId", "userId", password, "updatedAt") values ($1, $2, 'credential', $2, $3, now())`,
      [newId('acct'), userId, await auth.password.hash(password)],
    );
  } else if (!(await auth.password.verify(password, known.password))) {
    await client.query(
      `update account set password = $2, "updatedAt" = now() where "userId" = $1 and "providerId" = 'credential'`,
      [userId, await auth.password.hash(password)],
    );
  }
}

async function ensureMembership(
  client: pg.PoolClient,
  organizationId: string,
  userId: string,
  role: Role,
  scope: string | null,
): Promise<void> {
  await client.query(
    `insert into "member" (id, "organizationId", "userId", role, scope, "createdAt") values ($1, $2, $3, $4, $5, now())
     on conflict ("organizationId", "userId") do update set role = excluded.role, scope = excluded.scope
     where ("member".role, "member".scope) is distinct from (excluded.role, excluded.scope)`,
    [newId('memb'), organizationId, userId, role, scope],
  );
}

async function ensureApiKey(
  auth: SenaAuth,
  {
    issued,
    member,
  }: {
    issued: string | undefined;
    member: Pick<Member, 'userId' | 'organizationId' | 'email' | 'name' | 'role' | 'scope'>;
  },
): Promise<string> {
  const { userId, organizationId } = member;
  if (issued !== undefined) {
    const asked = await authenticateRequest(auth, { authorization: `Bearer ${issued}` });
    const isTheirs =
      asked.kind === 'member' && asked.member.userId === userId && asked.member.organizationId === organizationId;
    if (isTheirs) return issued;
  }
  const by: Member = {
    ...member,
    ...{ kind: 'member', by: 'session', credentialId: null, key: null, keyPermissions: null },
  };
  const made = await inIdentityOf(auth.pool, by.organizationId, actorOf(by), (client) =>
    createApiKey(client, { by, name: 'seeded', scopes: null, expiresInSeconds: null }),
  );
  return made.key;
}
