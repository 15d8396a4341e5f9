// Some functions do for an organization what their callers may not, and filter by the one that is set. Row-level security stands behind that
// filter: taken out, it shows and changes nothing of others. With an owner who bypasses row-level security it would.
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seedEveryIdentityTable } from './fixtures/seed-every-identity-table.ts';
import { seedEveryTable } from './fixtures/seed-every-table.ts';

let database: TestDatabase;
let admin: pg.Client;
const definer = 'sena_organization_definer';

/** What is theirs, asked for by the role that may, while ours is set. `none`: what is answered when it is not there. */
const asked: Record<string, { role: string; text: string; none: unknown[]; own: unknown[] }> = {
  members_with_role: {
    role: 'sena_app',
    text: `select m from members_with_role('{owner,viewer}') as m where m = 'member:user_theirs'`,
    none: [],
    own: [{ m: 'member:user_theirs' }],
  },
  api_key_is_good: {
    role: 'sena_app',
    text: `select api_key_is_good('key_theirs') as good`,
    none: [{ good: false }],
    own: [{ good: true }],
  },
  passkeys_of_members: {
    role: 'sena_signer',
    text: `select member from passkeys_of_members('{member:user_theirs}')`,
    none: [],
    own: [{ member: 'member:user_theirs' }],
  },
  change_satellite_key: {
    role: 'sena_relay',
    text: `select change_satellite_key('sat_theirs', 0, 'key', 'next', 'SHA256:next', '{}') as changed`,
    none: [{ changed: 'refused' }],
    own: [{ changed: 'changed' }],
  },
  reassign_dispatch: {
    role: 'sena_app',
    text: `select executions from reassign_dispatch('disp_waits', '{node_theirs}', '{sat_theirs_2}', '{disp_next}')`,
    none: [],
    own: [{ executions: 1 }],
  },
};

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl, options: '-c search_path=sena' });
  await admin.connect();
  for (const name of ['ours', 'theirs']) {
    await seedEveryTable(admin, name);
    await seedEveryIdentityTable(admin, name);
  }
  await admin.query('set session_replication_role = replica');
  // A member of theirs alone, with a passkey; a dispatch that waits for a satellite which has gone, while another one is there.
  await admin.query(
    `insert into identity."user" (id, name, email, "emailVerified") values ('user_theirs', 'T', 't@theirs.test', true)`,
  );
  await admin.query(
    `insert into identity.member (id, "organizationId", "userId", role, "createdAt") values ('memb_t', 'org_theirs', 'user_theirs', 'owner', now())`,
  );
  await admin.query(
    `insert into identity.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
     values ('pass_t', 'k', 'user_theirs', 'c', 0, 'singleDevice', false)`,
  );
  await admin.query(
    `insert into satellites select (jsonb_populate_record(s, '{"id": "sat_theirs_2", "name": "two", "public_key": "k2", "fingerprint": "f2", "relay_id": "r"}')).*
     from satellites s where id = 'sat_theirs'`,
  );
  await admin.query(`update runs set status = 'running' where id = 'run_theirs'`);
  await admin.query(
    `insert into dispatches (id, organization_id, run_id, step, satellite_id, shell, command, command_sha256, limits, read_only, expires_at, total, pending)
     values ('disp_waits', 'org_theirs', 'run_theirs', 'waits', 'sat_theirs', 'sh', 'id', 'x', '{}', true, '2099-01-01', 1, 1)`,
  );
  await admin.query(
    `insert into executions (id, organization_id, run_id, dispatch_id, step, node_id, node_name, address, port, run_as, credential)
     values (gen_random_uuid(), 'org_theirs', 'run_theirs', 'disp_waits', 'waits', 'node_theirs', 'n', 'a', 22, 'r', 'c')`,
  );
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

test('are all of those that their owner has', async () => {
  const { rows } = await admin.query<{ proname: string }>(
    `select proname from pg_proc where proowner = '${definer}'::regrole order by 1`,
  );
  expect(rows.map(({ proname }) => proname)).toEqual(Object.keys(asked).sort());
});

describe.each(Object.entries(asked))('%s', (name, { role, text, none, own }) => {
  /** Undone. `owner`: whose rights it runs with; `isFiltered`: by the organization that is set, as it is written. */
  async function answer(organizationId: string, { isFiltered = true, owner = definer } = {}): Promise<unknown[]> {
    await admin.query('begin');
    try {
      if (!isFiltered) {
        const { rows } = await admin.query<{ text: string }>(
          `select pg_get_functiondef(oid) as text from pg_proc where proname = $1 and pronamespace = 'sena'::regnamespace`,
          [name],
        );
        const written = rows[0]?.text ?? '';
        const unfiltered = written.replaceAll(filter, 'true');
        expect(unfiltered).not.toBe(written);
        await admin.query(unfiltered);
      }
      if (owner !== definer)
        await admin.query(
          `grant select, insert, update on all tables in schema sena to ${owner}; grant select on all tables in schema identity to ${owner};
           grant create on schema sena to ${owner};
           alter function ${(await signatureOf(name)) ?? ''} owner to ${owner}`,
        );
      await admin.query(`select set_config('role', $1, true), set_config('sena.organization_id', $2, true)`, [
        role,
        organizationId,
      ]);
      return (await admin.query(text)).rows;
    } finally {
      await admin.query('rollback');
    }
  }

  test('finds what is of the organization that is set', async () => {
    expect(await answer('org_theirs')).toEqual(own);
  });

  test('finds and changes nothing of another one, and without its filter neither', async () => {
    expect(await answer('org_ours')).toEqual(none);
    expect(await answer('org_ours', { isFiltered: false })).toEqual(none);
    expect(await answer('', { isFiltered: false })).toEqual(none);
  });

  test('would, without its filter, with an owner who bypasses row-level security', async () => {
    expect(await answer('org_ours', { isFiltered: false, owner: 'sena_definer' })).toEqual(own);
  });
});

/** By the organization that is set, however it is written. */
const filter = /(\w+\.)?"?organization_?id"? = (sena\.)?current_organization\(\)/gi;

async function signatureOf(name: string): Promise<string | undefined> {
  const { rows } = await admin.query<{ signature: string }>(
    `select oid::regprocedure::text as signature from pg_proc where proname = $1 and pronamespace = 'sena'::regnamespace`,
    [name],
  );
  return rows[0]?.signature;
}
