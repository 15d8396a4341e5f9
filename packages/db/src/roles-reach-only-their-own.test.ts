import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loginRoles } from './roles.ts';

let database: TestDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  // What the libraries make at their first start.
  for (const key of ['queue', 'checkpoint'] as const) {
    const client = new pg.Client({ connectionString: database.urls[key] });
    await client.connect();
    await client.query('create table made_at_start (id text)');
    await client.end();
  }
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

test('no role that logs in is a superuser or bypasses row-level security', async () => {
  const roles = await admin.query<{ rolname: string; rolsuper: boolean; rolbypassrls: boolean; rolcanlogin: boolean }>(
    `select rolname, rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname like 'sena\\_%' order by 1`,
  );
  expect(roles.rows.filter((role) => role.rolcanlogin).map((role) => role.rolname)).toEqual([...loginRoles].sort());
  expect(roles.rows.filter((role) => role.rolcanlogin && (role.rolsuper || role.rolbypassrls))).toEqual([]);
  expect(roles.rows.filter((role) => !role.rolcanlogin)).toEqual([
    { rolname: 'sena_definer', rolsuper: false, rolbypassrls: true, rolcanlogin: false },
    { rolname: 'sena_organization', rolsuper: false, rolbypassrls: false, rolcanlogin: false },
    { rolname: 'sena_organization_definer', rolsuper: false, rolbypassrls: false, rolcanlogin: false },
  ]);
});

test('the owner, who migrates, and identity, for what is of one organization, become other roles; nobody else does', async () => {
  const members = await admin.query<{ member: string; role: string }>(
    `select m.member::regrole::text as member, m.roleid::regrole::text as role from pg_auth_members m
     where m.member::regrole::text like 'sena\\_%' order by 1, 2`,
  );
  expect(members.rows).toEqual([
    { member: 'sena_identity', role: 'sena_organization' },
    { member: 'sena_owner', role: 'sena_definer' },
    { member: 'sena_owner', role: 'sena_organization_definer' },
  ]);
});

test('identity, queue and checkpoints are read by their own role alone', async () => {
  const own: Record<string, string[]> = {
    // The definer reads memberships, so that changes are told to the right organizations; the one that sees a single organization reads whether
    // its keys are good, and the public halves of its members' passkeys.
    identity: ['sena_definer', 'sena_identity', 'sena_organization', 'sena_organization_definer', 'sena_owner'],
    bullmq: ['sena_queue'],
    checkpoint: ['sena_checkpoint'],
  };
  for (const [schema, readers] of Object.entries(own)) {
    const found = await admin.query<{ reader: string }>(
      `select distinct r.rolname as reader from pg_roles r, pg_class c
       where r.rolname like 'sena\\_%' and c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
         and has_schema_privilege(r.oid, c.relnamespace, 'usage')
         and (has_table_privilege(r.oid, c.oid, 'select') or has_any_column_privilege(r.oid, c.oid, 'select')) order by 1`,
      [schema],
    );
    expect({ schema, readers: found.rows.map((row) => row.reader) }).toEqual({ schema, readers });
  }
  expect(await readableBy('sena_definer', 'identity')).toEqual({
    member: expect.arrayContaining(['organizationId', 'userId']),
  });
  expect(await readableBy('sena_organization_definer', 'identity')).toEqual({
    apikey: ['enabled', 'expiresAt', 'id', 'organizationId'],
    member: ['organizationId', 'role', 'userId'],
    passkey: ['credentialID', 'publicKey', 'purpose', 'userId'],
  });
});

test('what looks past the organization that is set reads ids, times, states and hashes: but for runbooks no word of anybody’s, and no private key', async () => {
  const readable = Object.entries(await readableBy('sena_definer', 'sena')).flatMap(([table, columns]) =>
    columns.map((column) => `${table}.${column}`),
  );
  expect(readable.length).toBeGreaterThan(60);
  const isPlain =
    /\.(id|\w+_(id|at|epoch|count|max)|status|job|size|seq|cursor|pending|failures|read_only|not_before|traceparent|lease_owner)$/;
  expect(readable.filter((column) => !isPlain.test(column)).sort()).toEqual([
    // How long a command may take.
    'dispatches.limits',
    'join_tokens.token_hash',
    ...ofRunbooks,
    'satellite_key_changes.former_public_key',
    'satellites.fingerprint',
    'satellites.public_key',
  ]);
});
/** It writes those that are of no organization; what it replaces it has to read. */
const ofRunbooks = ['commands', 'description', 'keywords', 'questions', 'search', 'slug', 'title'].map(
  (column) => `runbooks.${column}`,
);

async function readableBy(role: string, schema: string): Promise<Record<string, string[]>> {
  const found = await admin.query<{ relname: string; columns: string[] }>(
    `select relname, array_agg(attname::text order by attname) as columns from pg_class c join pg_attribute a on a.attrelid = c.oid
     where relnamespace = $2::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
       and has_column_privilege($1, c.oid, attnum, 'select') group by relname order by relname`,
    [role, schema],
  );
  return Object.fromEntries(found.rows.map(({ relname, columns }) => [relname, columns]));
}

const secret: Array<[role: string, table: string]> = [
  ['sena_app', 'dispatch_private_keys'],
  ['sena_app', 'checkpoint_private_keys'],
  ['sena_relay', 'checkpoint_private_keys'],
  ['sena_relay', 'audit_sinks'],
  ['sena_signer', 'audit_sinks'],
  ['sena_app', 'dispatch_envelopes'],
  ['sena_relay', 'dispatch_private_keys'],
  ['sena_relay', 'dispatch_keys'],
  ['sena_relay', 'dispatch_key_requests'],
  ['sena_relay', 'approvals'],
  ['sena_relay', 'approval_assertions'],
  ['sena_relay', 'policy_decisions'],
  ['sena_relay', 'join_tokens'],
  ['sena_relay', 'nodes'],
  ['sena_relay', 'audit_events'],
  ['sena_signer', 'output_chunks'],
  ['sena_relay', 'policies'],
  ['sena_relay', 'approval_decisions'],
  ['sena_signer', 'policy_versions'],
  ['sena_signer', 'join_tokens'],
  ['sena_signer', 'audit_events'],
];
test.each(secret)('%s can not read %s', async (role, table) => {
  const found = await admin.query(
    `select has_any_column_privilege($1, $2, 'select') or has_table_privilege($1, $2, 'select') as may`,
    [role, `sena.${table}`],
  );
  expect(found.rows).toEqual([{ may: false }]);
});

const forbidden: Array<[role: string, table: string, privilege: string, columns: string | null]> = [
  ['sena_app', 'dispatch_envelopes', 'insert', null],
  ['sena_app', 'dispatch_keys', 'insert', null],
  ['sena_app', 'dispatch_key_statements', 'insert', null],
  ['sena_app', 'dispatch_key_requests', 'update', null],
  ['sena_app', 'satellites', 'update', 'public_key'],
  ['sena_relay', 'dispatch_key_statements', 'insert', null],
  ['sena_relay', 'dispatch_keys', 'insert', null],
  ['sena_signer', 'dispatch_keys', 'update', 'public_key'],
  ['sena_signer', 'checkpoint_keys', 'update', 'public_key'],
  ['sena_app', 'checkpoint_keys', 'insert', null],
  ['sena_app', 'audit_checkpoints', 'insert', null],
  ['sena_app', 'audit_cosignatures', 'insert', null],
  ['sena_relay', 'audit_checkpoints', 'insert', null],
  ['sena_relay', 'checkpoint_keys', 'insert', null],
  ['sena_relay', 'audit_seals', 'insert', null],
  ['sena_signer', 'audit_seals', 'insert', null],
  ['sena_app', 'approvals', 'update', 'action'],
  ['sena_app', 'approvals', 'update', 'action_digest'],
  ['sena_app', 'approvals', 'update', 'requested_by'],
  ['sena_app', 'approvals', 'update', 'approvers_required'],
  ['sena_app', 'approvals', 'update', 'passkey_required'],
  ['sena_app', 'runs', 'update', 'requested_role'],
  ['sena_app', 'policies', 'update', 'name'],
  ['sena_signer', 'policies', 'insert', null],
  ['sena_signer', 'policies', 'update', null],
  ['sena_signer', 'approval_decisions', 'insert', null],
  ['sena_signer', 'nodes', 'select', 'address'],
  ['sena_signer', 'nodes', 'select', 'credential'],
  ['sena_signer', 'nodes', 'update', null],
  ['sena_app', 'dispatches', 'update', 'command'],
  ['sena_app', 'dispatches', 'update', 'sent_at'],
  ['sena_app', 'executions', 'update', null],
  ['sena_app', 'inquiries', 'insert', 'jws'],
  ['sena_app', 'inquiries', 'select', 'jws'],
  ['sena_app', 'inquiries', 'update', null],
  ['sena_relay', 'inquiries', 'insert', null],
  ['sena_relay', 'inquiries', 'update', 'jws'],
  ['sena_relay', 'inquiries', 'update', 'satellite_id'],
  ['sena_signer', 'inquiries', 'insert', null],
  ['sena_signer', 'inquiries', 'update', 'satellite_id'],
  ['sena_relay', 'dispatch_envelopes', 'insert', null],
  ['sena_relay', 'dispatch_envelopes', 'update', null],
  ['sena_relay', 'dispatches', 'insert', null],
  ['sena_relay', 'dispatches', 'update', 'command'],
  ['sena_relay', 'executions', 'insert', null],
  ['sena_relay', 'runs', 'update', 'status'],
  ['sena_relay', 'satellites', 'update', 'public_key'],
  ['sena_relay', 'satellites', 'update', 'revoked_at'],
  ['sena_signer', 'dispatches', 'update', 'command'],
  ['sena_signer', 'approvals', 'update', 'status'],
  ['sena_signer', 'approval_assertions', 'insert', null],
  ['sena_app', 'satellites', 'update', 'passkeys_to_change'],
  ['sena_signer', 'runs', 'update', 'status'],
];
test.each(forbidden)('%s may not, on %s, %s %s', async (role, table, privilege, column) => {
  const found =
    column === null
      ? await admin.query('select has_any_column_privilege($1, $2, $3) as may', [role, `sena.${table}`, privilege])
      : await admin.query('select has_column_privilege($1, $2, $3, $4) as may', [
          role,
          `sena.${table}`,
          column,
          privilege,
        ]);
  expect(found.rows).toEqual([{ may: false }]);
});

test('nobody who logs in may change what is append-only', async () => {
  for (const table of [
    ...['outcomes', 'run_events', 'audit_events', 'audit_seals'],
    ...['audit_checkpoints', 'audit_tree', 'audit_cosignatures'],
    ...['approval_assertions', 'approval_decisions', 'policy_versions'],
    ...['dispatch_key_statements', 'satellite_key_changes'],
  ]) {
    const found = await admin.query<{ rolname: string }>(
      `select rolname from pg_roles where rolname like 'sena\\_%' and rolname <> 'sena_owner'
         and (has_any_column_privilege(oid, $1, 'update') or has_table_privilege(oid, $1, 'delete') or has_table_privilege(oid, $1, 'truncate'))`,
      [`sena.${table}`],
    );
    expect({ table, roles: found.rows }).toEqual({ table, roles: [] });
  }
});

/** Who may call each function that looks across organizations, or past what its callers may change. They return ids and counts. */
const listed: Record<string, string[]> = {
  'sena.api_key_is_good': ['sena_app'],
  'sena.approvals_to_expire': ['sena_app'],
  'sena.audit_sinks_due': ['sena_app'],
  'sena.change_satellite_key': ['sena_relay'],
  'sena.claim_dispatches': ['sena_relay'],
  'sena.claim_inquiries': ['sena_relay'],
  'sena.claim_next_run': ['sena_app'],
  'sena.dispatch_key_requests_waiting': ['sena_signer'],
  'sena.dispatches_left_behind': ['sena_app'],
  'sena.dispatches_to_ask_about': ['sena_app'],
  'sena.dispatches_to_expire': ['sena_app'],
  'sena.dispatches_to_sign': ['sena_signer'],
  'sena.ensure_output_partition': ['sena_app'],
  'sena.forget_old_idempotency_keys': ['sena_app'],
  'sena.hold_run_lease': ['sena_checkpoint'],
  'sena.inquiries_to_sign': ['sena_signer'],
  'sena.join_token_organization': ['sena_app'],
  'sena.mark_audit_event_unsealed': [],
  'sena.unmark_sealed_events': [],
  'sena.members_with_role': ['sena_app', 'sena_signer'],
  'sena.passkeys_of_members': ['sena_signer'],
  'sena.organizations_to_checkpoint': ['sena_signer'],
  'sena.organizations_to_seal': ['sena_app'],
  'sena.organizations_with_private_keys': ['sena_signer'],
  'sena.organizations_with_limited_sites': ['sena_relay'],
  'sena.organizations_without_dispatch_key': ['sena_signer'],
  'sena.outbox_to_ring': ['sena_app'],
  'sena.reassign_dispatch': ['sena_app'],
  'sena.replace_own_runbooks': ['sena_app'],
  'sena.runs_to_ring': ['sena_app'],
  'sena.runs_to_start': ['sena_app'],
  'sena.satellite_by_fingerprint': ['sena_relay'],
  'sena.satellite_key_is_known': ['sena_organization_definer'],
  'sena.satellites_gone_silent': ['sena_app'],
  'sena.satellites_lately_closed': ['sena_relay'],
  'identity.append_audit': [],
  'identity.append_audit_for_user': [],
  'identity.on_account': [],
  'identity.on_apikey': [],
  'identity.on_invitation': [],
  'identity.on_member': [],
  'identity.on_organization': [],
  'identity.on_passkey': [],
  'identity.on_scim_group': [],
  'identity.on_scim_group_member': [],
  'identity.on_scim_token': [],
  'identity.on_scim_user': [],
  'identity.on_session': [],
  'identity.on_sign_in_provider': [],
  'identity.on_two_factor': [],
  'identity.on_user': [],
};

/** They are about the organization that is set: their owner sees no other. */
const ofOneOrganization = [
  'sena.api_key_is_good',
  'sena.change_satellite_key',
  'sena.members_with_role',
  'sena.passkeys_of_members',
  'sena.reassign_dispatch',
];

test('what runs with the rights of its owner is listed, pinned to a search path, and called by its listed roles only', async () => {
  const found = await admin.query<{ name: string; owner: string; settings: string[] | null; callers: string[] }>(
    `select p.pronamespace::regnamespace || '.' || p.proname as name, p.proowner::regrole::text as owner, p.proconfig as settings,
       array(select rolname::text from pg_roles r where r.rolname like 'sena\\_%' and has_function_privilege(r.oid, p.oid, 'execute')
             and r.oid <> p.proowner order by 1) as callers
     from pg_proc p where p.prosecdef and p.pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema') order by 1`,
  );
  expect(found.rows.map((row) => row.name)).toEqual(Object.keys(listed).sort());
  for (const { name, owner, settings, callers } of found.rows) {
    // A partition has to be made by the owner of its table; it touches no row.
    const definer = ofOneOrganization.includes(name) ? 'sena_organization_definer' : 'sena_definer';
    const expectedOwner = name === 'sena.ensure_output_partition' ? 'sena_owner' : definer;
    expect({ name, owner }).toEqual({ name, owner: expectedOwner });
    expect(settings?.[0]).toMatch(/^search_path=(sena|identity), pg_temp$/);
    // sena_owner is a member of both definers.
    const others = callers.filter((role) => role !== 'sena_owner');
    expect({ name, callers: others }).toEqual({ name, callers: listed[name] });
  }
});

test('the public may call none of them, nor create anything', async () => {
  const found = await admin.query<{ name: string }>(
    `select p.proname as name from pg_proc p where p.prosecdef and has_function_privilege('public', p.oid, 'execute')`,
  );
  expect(found.rows).toEqual([]);
  const schemas = await admin.query(
    `select nspname from pg_namespace where nspname in ('sena', 'identity', 'bullmq', 'checkpoint', 'public')
       and has_schema_privilege('public', oid, 'create')`,
  );
  expect(schemas.rows).toEqual([]);
});
