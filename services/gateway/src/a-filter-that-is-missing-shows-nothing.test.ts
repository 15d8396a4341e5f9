// Every filter by organization in the SQL of which the gateway is made is taken out, one at a time, while the gateway does what it is there for; each
// time row-level security has to make up for it. What each probe finds without row-level security shows that it could find something.
import { readWitnessedSizes } from '@sena/audit/read-checkpoints';
import { inIdentityOf } from '@sena/auth/in-identity';
import { openAuth, type SenaAuth } from '@sena/auth/open-auth';
import { beginProviderSession } from '@sena/auth/providers/begin-provider-session';
import { findProvider, removeProvider, setProvider, type WantedProvider } from '@sena/auth/providers/provider';
import { applyGroupRoles } from '@sena/auth/scim/directory-role';
import type { Member } from '@sena/contracts/domain/principal';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool } from '@sena/db/tenant';
import {
  filtersIn,
  listOrganizationFilters,
  type OrganizationFilter,
} from '@sena/testing/organization-filters/list-organization-filters';
import {
  type ProbedFilter,
  probeOrganizationFilters,
} from '@sena/testing/organization-filters/probe-organization-filters';
import type { FastifyBaseLogger } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrangeOrganization } from './fixtures/arrange-organization.ts';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';
import { mailInvitation } from './mail/mail-invitation.ts';

let gateway: TestGateway;
let auth: SenaAuth;
let filters: OrganizationFilter[];
let ourSatellite: string;
/** Something of theirs, by the beginning of its id. */
const twins = new Map<string, string>();
const keepTwin = (id: string) => twins.set(id.slice(0, id.indexOf('_') + 1), id);

beforeAll(async () => {
  filters = listOrganizationFilters('services/gateway/src/main.ts');
  gateway = await openTestGateway(['owner'], { requestsPerMinute: 1_000_000, enrolmentsPerMinute: 1_000_000 });
  const { ours, theirs, admin, database } = gateway;
  auth = openAuth({
    authUrl: database.urls.identity,
    authSecret: 'a secret for tests that is long enough',
    serviceTokenSecret: 'a secret for tests that is long enough',
    publicUrl: 'http://localhost:4700',
    onLog: () => undefined,
    connectionsMax: 2,
  });
  const arranged = {
    ours: await arrangeOrganization(admin, ours.id, 'northwind', ours.members.owner.userId),
    theirs: await arrangeOrganization(admin, theirs.id, 'contoso', theirs.members.owner.userId),
  };
  for (const kind of ['apiKey', 'invitation', 'session', 'scimToken'] as const) keepTwin(arranged.theirs[kind]);
  ourSatellite = arranged.ours.satellite;
  await admin.query('set session_replication_role = replica');
  // A signature of theirs, as if by our satellite: ids are not what keeps organizations apart.
  await admin.query(
    `insert into sena.audit_cosignatures (organization_id, size, satellite_id, public_key, at, signature) values ($1, 7, $2, 'k', now(), 's')`,
    [theirs.id, ourSatellite],
  );
  await admin.query('set session_replication_role = default');
}, 60_000);
afterAll(async () => {
  await auth.close();
  await gateway.close();
});

/** Somebody who has everything in both organizations, under the same names. */
async function makePerson(name: string, roleHere: string): Promise<{ userId: string; email: string; ours: Owned }> {
  const { admin, ours, theirs } = gateway;
  const [userId, email] = [newId('user'), `${name}@shared.test`];
  await admin.query(`insert into identity."user" (id, name, email, "emailVerified") values ($1, $2, $3, true)`, [
    ...[userId, name, email],
  ]);
  const [here, there] = [await own(ours.id, userId, email), await own(theirs.id, userId, email)];
  keepTwin(there.scimUser);
  await admin.query(`update identity."member" set role = $3 where "organizationId" = $1 and "userId" = $2`, [
    ...[ours.id, userId, roleHere],
  ]);
  return { userId, email, ours: here };
}

interface Owned {
  readonly apiKey: string;
  readonly session: string;
  readonly scimUser: string;
  readonly invitation: string;
}
async function own(organizationId: string, userId: string, email: string): Promise<Owned> {
  const { admin } = gateway;
  await admin.query(
    `insert into identity."member" (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'viewer', now())`,
    [newId('memb'), organizationId, userId],
  );
  const [apiKey, session] = [newId('key'), newId('sess')];
  await admin.query(
    `insert into identity.apikey (id, "configId", "referenceId", key, "createdAt", "updatedAt", metadata) values ($1, 'default', $2, $1, now(), now(), $3)`,
    [apiKey, userId, JSON.stringify({ organizationId })],
  );
  await admin.query(
    `insert into identity.session (id, "expiresAt", token, "updatedAt", "userId", "activeOrganizationId") values ($1, '2099-01-01', $1, now(), $2, $3)`,
    [session, userId, organizationId],
  );
  return { apiKey, session, ...(await nameAddress(organizationId, userId, email)) };
}

/** Of whom an organization knows the address alone. */
async function nameAddress(organizationId: string, invitedBy: string, email: string) {
  const [scimUser, invitation] = [newId('scimu'), newId('inv')];
  await gateway.admin.query(
    'insert into identity.scim_users (id, organization_id, user_name, active) values ($1, $2, $3, true)',
    [scimUser, organizationId, email],
  );
  await gateway.admin.query(
    `insert into identity.invitations (id, organization_id, email, role, token_sha256, invited_by, expires_at)
     values ($1, $2, $3, 'viewer', $1, $4, '2099-01-01')`,
    [invitation, organizationId, email, invitedBy],
  );
  await gateway.admin.query('insert into identity.former_members (organization_id, email) values ($1, $2)', [
    ...[organizationId, email],
  ]);
  return { scimUser, invitation };
}

async function ask(method: string, path: string, body?: unknown, status = 200) {
  const answer = await gateway.call(method, path, body === undefined ? {} : { body });
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
  return answer.json;
}

/** Whatever the gateway does that filters by organization, for ours. */
async function doEverything(): Promise<void> {
  const { ours, theirs, admin, database } = gateway;
  const owner = ours.members.owner;
  const by: Member = {
    ...{
      kind: 'member',
      userId: owner.userId,
      organizationId: ours.id,
      email: owner.email,
      name: 'Owner',
      role: 'owner',
    },
    ...{ scope: null, by: 'session', credentialId: null, key: null, keyPermissions: null },
  };
  await own(theirs.id, owner.userId, owner.email);
  const oidc = (issuer: string): WantedProvider => ({
    ...{ issuer, domains: ['shared.test'], defaultRole: 'viewer', defaultScope: null },
    ...{ kind: 'oidc', clientId: 'c', clientSecret: 's' },
  });
  const theirProvider = await setProvider(
    auth,
    { ...by, organizationId: theirs.id, userId: theirs.members.owner.userId },
    oidc('https://theirs.test'),
  );
  await admin.query(
    `insert into identity.session (id, "expiresAt", token, "updatedAt", "userId", "activeOrganizationId", "signInProviderId")
     values ('sess_of_provider', '2099-01-01', 'sess_of_provider', now(), $1, $2, $3)`,
    [owner.userId, theirs.id, theirProvider.id],
  );

  const [ann, ben, cem, dia, eli] = [
    await makePerson('ann', 'viewer'),
    await makePerson('ben', 'owner'),
    await makePerson('cem', 'viewer'),
    await makePerson('dia', 'viewer'),
    await makePerson('eli', 'viewer'),
  ];

  for (const list of [
    ...[
      'me',
      'members',
      'invitations',
      'api-keys?of=everyone',
      'sessions',
      'organizations',
      'sign-in-provider',
      'scim-tokens',
    ],
    ...[`members/${ann.userId}/sessions`, 'audit-checkpoint'],
  ]) {
    await ask('GET', `/v1/${list}`);
  }
  const pool = openPool(database.urls.app, { max: 1, applicationName: 'test', onError: () => undefined });
  await inOrganization(pool, ours.id, (transaction) => readWitnessedSizes(transaction, [ourSatellite]));
  await pool.end();

  await ask('PATCH', `/v1/members/${ann.userId}`, { role: 'operator' });
  await ask('PATCH', `/v1/members/${ben.userId}`, { role: 'viewer' });
  await ask('DELETE', `/v1/api-keys/${ann.ours.apiKey}`, undefined, 204);
  await ask('DELETE', `/v1/sessions/${ann.ours.session}`, undefined, 204);
  await ask('DELETE', `/v1/members/${ben.userId}/sessions`, undefined, 204);
  await ask('DELETE', `/v1/members/${cem.userId}`, undefined, 204);
  await ask('POST', '/v1/api-keys', { name: 'made here' }, 201);

  // Somebody whom only theirs know.
  const [strangerId, stranger] = [newId('user'), 'stranger@shared.test'];
  await admin.query(`insert into identity."user" (id, name, email, "emailVerified") values ($1, 'S', $2, false)`, [
    ...[strangerId, stranger],
  ]);
  await own(theirs.id, strangerId, stranger);
  const invited = await ask('POST', '/v1/invitations', { email: stranger, role: 'viewer' }, 201);
  // What it logs is a mail that was not sent, and then its filter was not there to be taken out.
  const warn = (_fields: object, message: string) => {
    throw new Error(message);
  };
  await mailInvitation(
    {
      mail: { send: async () => undefined, close: () => undefined },
      auth,
      log: { warn } as unknown as FastifyBaseLogger,
    },
    { organizationId: ours.id, email: stranger, role: 'viewer', link: '', expiresAt: '', by: 'Owner' },
  );
  const token = new URL(invited.link).hash.slice(1);
  await ask('POST', '/v1/invitations/lookup', { token });
  await ask('POST', '/v1/invitations/accept', { token, name: 'S', password: 'a password for tests' });
  const another = await ask('POST', '/v1/invitations', { email: 'another@shared.test', role: 'viewer' }, 201);
  await ask('DELETE', `/v1/invitations/${another.id}`, undefined, 204);
  await ask('DELETE', `/v1/invitations/${dia.ours.invitation}`, undefined, 204);

  const made = await ask('POST', '/v1/scim-tokens', { name: 'directory' }, 201);
  await doDirectory(made.token, dia, eli);
  await inIdentityOf(auth.pool, ours.id, 'service:test', (client) =>
    applyGroupRoles(client, ours.id, [ann.ours.scimUser]),
  );
  await ask('DELETE', `/v1/scim-tokens/${made.id}`, undefined, 204);

  await setProvider(auth, by, oidc('https://ours.test'));
  await ask('GET', '/v1/sign-in-provider');
  await signInAtProvider(strangerId);
  await removeProvider(auth, by);
}

/** What a directory says of ours. */
async function doDirectory(token: string, dia: { ours: Owned }, eli: { email: string; ours: Owned }): Promise<void> {
  const scim = async (method: string, path: string, body?: object, status = 200) => {
    const answer = await gateway.call(method, `/scim/v2${path}`, {
      as: { apiKey: token },
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/scim+json' } }),
    });
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
    return answer.json;
  };
  const theirGroup = newId('scimg');
  await gateway.admin.query(
    'insert into identity.scim_groups (id, organization_id, display_name) values ($1, $2, $3)',
    [...[theirGroup, gateway.theirs.id, 'sena-operator']],
  );
  keepTwin(theirGroup);
  await scim('GET', '/Users');
  await scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${eli.email}"`)}`);
  await scim('GET', `/Users/${dia.ours.scimUser}`);
  const members = [{ value: dia.ours.scimUser }, { value: eli.ours.scimUser }];
  const group = await scim('POST', '/Groups', { displayName: 'sena-operator', members }, 201);
  await scim('GET', '/Groups');
  await scim('GET', `/Groups/${group.id}`);
  await scim('PUT', `/Groups/${group.id}`, { displayName: 'sena-approver', members });
  await scim('DELETE', `/Groups/${group.id}`, undefined, 204);
  await scim('POST', '/Users', { userName: 'new@shared.test' }, 201);
  await scim('PUT', `/Users/${dia.ours.scimUser}`, { userName: 'dia@shared.test', active: false });
  await scim('DELETE', `/Users/${eli.ours.scimUser}`, undefined, 204);
}

/** Somebody new with an address that theirs have too, and somebody who was here and is still at theirs. */
async function signInAtProvider(theirUserId: string): Promise<void> {
  const { admin, ours, theirs } = gateway;
  const { rows } = await admin.query<{ id: string }>(
    'select id from identity.sign_in_providers where organization_id = $1',
    [ours.id],
  );
  const provider = await findProvider(auth.pool, rows[0]?.id ?? '');
  if (provider === null) throw new Error('there is no provider');
  const from = { address: '192.0.2.1', userAgent: 'test' };
  const [newcomerId, newcomer] = [newId('user'), 'newcomer@shared.test'];
  await admin.query(`insert into identity."user" (id, name, email, "emailVerified") values ($1, 'N', $2, false)`, [
    ...[newcomerId, newcomer],
  ]);
  await own(theirs.id, newcomerId, newcomer);
  await beginProviderSession(auth, provider, { subject: 'newcomer', email: newcomer, name: 'N' }, from);
  await admin.query(
    `insert into identity.account (id, "accountId", "providerId", "userId", "updatedAt") values ($1, 'stranger', $2, $3, now())`,
    [newId('acct'), provider.id, theirUserId],
  );
  const back = beginProviderSession(
    auth,
    provider,
    { subject: 'stranger', email: 'stranger@shared.test', name: 'S' },
    from,
  );
  await expect(back).rejects.toMatchObject({ code: 'unauthenticated' });
}

describe('the list of filters', () => {
  it('is made of the source, and knows each of them by its file', () => {
    expect(filters.length).toBeGreaterThan(50);
    const files = new Set(filters.map(({ file }) => file));
    for (const file of [
      'members/list-members',
      'keys/list-api-keys',
      'invitations/list-invitations',
      'scim/scim-users',
    ]) {
      expect(files).toContain(`packages/auth/src/${file}.ts`);
    }
  });

  it.each([
    ['select 1 from "member" where "organizationId" <> $1'],
    ['select 1 from runs where $1 = organization_id'],
    ['select 1 from runs where organization_id in ($1)'],
    ['select 1 from runs where organization_id = any($1)'],
    ['select 1 from runs where organization_id=$1'],
    ['prisma.site.findMany({ where: { organizationId } })'],
  ])('takes no other way to write one: %s', (text) => {
    expect(() => filtersIn('some/file.ts', `await client.query(\`${text}\`)`)).toThrow(/does not know/);
  });
});

describe('a filter that is missing', () => {
  let probed: ReadonlyMap<OrganizationFilter, ProbedFilter>;
  beforeAll(async () => {
    const probing = probeOrganizationFilters(filters, gateway.admin, twins);
    try {
      await doEverything();
    } finally {
      probing.stop();
    }
    probed = probing.probed;
  }, 60_000);
  const where = ({ file, line, text }: OrganizationFilter) => `${file}:${line} ${text}`;
  const those = (what: (of: ProbedFilter) => boolean) =>
    [...probed].filter(([, of]) => what(of)).map(([of]) => where(of));

  it('was missing, each of them, where an organization was set, and nowhere else', () => {
    expect(those((of) => of.executions === 0)).toEqual([]);
    expect([...probed].flatMap(([filter, of]) => of.outside.map((text) => `${where(filter)}: ${text}`))).toEqual([]);
  });

  it('shows and changes nothing of another organization', () => {
    expect([...probed].flatMap(([filter, of]) => of.leaks.map((leak) => `${where(filter)}: ${leak}`))).toEqual([]);
  });

  it('would show or change something if row-level security were not there, each of them', () => {
    expect(those((of) => !of.hasTeeth)).toEqual([]);
  });

  it('is found out where a table has no row-level security', async () => {
    const probing = probeOrganizationFilters(filters, gateway.admin, twins);
    await gateway.admin.query('alter table identity."member" disable row level security');
    try {
      await ask('GET', '/v1/members');
    } finally {
      await gateway.admin.query('alter table identity."member" enable row level security');
      probing.stop();
    }
    const found = [...probing.probed].filter(([, of]) => of.leaks.length > 0).map(([of]) => of.file);
    expect(found).toEqual(['packages/auth/src/members/list-members.ts']);
  });
});
