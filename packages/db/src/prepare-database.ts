// Makes an empty server ready: roles, database, schemas, migrations. Safe to run at every start.
// Entered by the local supervisor, the test suite and a deploy's migration step, with an administrator's address.
import pg from 'pg';
import { applyMigrations } from './apply-migrations.ts';
import { type LoginRole, loginRoles, searchPathOf } from './roles.ts';

/**
 * `adminUrl`: a role that may create roles and databases (its path is the maintenance database, usually `postgres`).
 * Passwords are set anew at every call. Throws what PostgreSQL said, with what was being done.
 */
export async function prepareDatabase(options: {
  adminUrl: string;
  database: string;
  passwords: Record<LoginRole, string>;
}): Promise<void> {
  const { adminUrl, database, passwords } = options;
  await withClient(adminUrl, async (admin) => {
    // Held to the end: two processes that prepare at once would race for the roles and the migrations.
    await admin.query(`select pg_advisory_lock(hashtext('sena.prepare'))`);
    for (const role of loginRoles) await ensureRole(admin, role, 'login nobypassrls', passwords[role]);
    await ensureRole(admin, 'sena_definer', 'nologin bypassrls', null);
    await ensureRole(admin, 'sena_organization_definer', 'nologin nobypassrls', null);
    await ensureRole(admin, 'sena_organization', 'nologin nobypassrls', null);
    await refusePowerfulRoles(admin);
    await admin.query('grant sena_definer, sena_organization_definer to sena_owner');
    await admin.query('grant sena_organization to sena_identity');
    const existing = await admin.query('select 1 from pg_database where datname = $1', [database]);
    if (existing.rowCount === 0) await admin.query(`create database ${pg.escapeIdentifier(database)} owner sena_owner`);
    await withClient(withDatabase(adminUrl, database), (inside) => prepareSchemas(inside, database));
    await applyMigrations(databaseUrl(adminUrl, database, 'sena_owner', passwords.sena_owner));
  });
}

async function prepareSchemas(admin: pg.Client, database: string): Promise<void> {
  await admin.query('revoke create on schema public from public');
  await setSearchPaths(admin, database);
  await admin.query('create schema if not exists sena authorization sena_owner');
  await admin.query('create schema if not exists identity authorization sena_owner');
  await admin.query('create schema if not exists bullmq authorization sena_queue');
  await admin.query('create schema if not exists checkpoint authorization sena_checkpoint');
}

/** Settings of a role in a database do not come along when the database is copied from a template. */
export async function setSearchPaths(admin: pg.Client, database: string): Promise<void> {
  for (const role of loginRoles) {
    await admin.query(
      `alter role ${role} in database ${pg.escapeIdentifier(database)} set search_path = ${searchPathOf[role]}`,
    );
  }
}

/** The address a role uses: the administrator's host and port with the role's own name and password. */
export function databaseUrl(adminUrl: string, database: string, role: LoginRole, password: string): string {
  const url = new URL(withDatabase(adminUrl, database));
  url.username = role;
  url.password = password;
  return url.href;
}

function withDatabase(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

async function ensureRole(admin: pg.Client, role: string, attributes: string, password: string | null): Promise<void> {
  const existing = await admin.query('select 1 from pg_roles where rolname = $1', [role]);
  const secret = password === null ? '' : ` password ${pg.escapeLiteral(password)}`;
  await admin.query(`${existing.rowCount === 0 ? 'create' : 'alter'} role ${role} ${attributes}${secret}`);
}

/** Roles that exist are taken as they are: one that somebody has given more than it needs would see every organization. */
async function refusePowerfulRoles(admin: pg.Client): Promise<void> {
  const found = await admin.query<{ rolname: string }>(
    `select rolname from pg_roles where rolname = any($1)
       and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication) order by 1`,
    [[...loginRoles, 'sena_organization', 'sena_organization_definer']],
  );
  if (found.rows.length === 0) return;
  const names = found.rows.map((row) => row.rolname).join(', ');
  throw new Error(
    `These roles may do more than SENA's may: ${names}. Run: alter role … nosuperuser nobypassrls nocreaterole nocreatedb noreplication`,
  );
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  await client.connect().catch((cause: Error) => {
    throw new Error(
      `PostgreSQL could not be entered: ${cause.message}. If the machine is only busy, start again: what is there is kept.`,
      { cause },
    );
  });
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
