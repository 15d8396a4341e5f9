// Every operation of the OpenAPI document × every role of one organization × everything that another organization has a name or an id
// for, in every place where a text goes. Each probe has a twin that names what nobody has: both are answered alike, so that nobody
// learns that the other exists.
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { roleSchema } from '@sena/contracts/domain/principal';
import { encodeCursor } from '@sena/contracts/http/cursor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArrangedIds, arrangeOrganization, directoryTokenOf } from './fixtures/arrange-organization.ts';
import { type Answer, openTestGateway, type TestGateway, testPassword } from './fixtures/open-test-gateway.ts';
import {
  listOperations,
  listTextPlaces,
  type Operation,
  replaceAt,
  type Sample,
  sampleOperation,
} from './fixtures/sample-requests.ts';
import { traceStatements } from './fixtures/trace-statements.ts';

const probesMin = 5_000;
const atOnce = 16;

const statements = traceStatements();
let gateway: TestGateway;
let operations: Operation[];
const ids = {} as { ours: ArrangedIds; theirs: ArrangedIds };
/** What is theirs and may stand in no answer. */
let theirTexts: string[];
/** Pairs: something of theirs, and the same shape of nobody's. */
let words: Array<readonly [theirs: string, nobodys: string]>;
let theirRowsBefore: Record<string, string>;

beforeAll(async () => {
  gateway = await openTestGateway(roleSchema.options, { requestsPerMinute: 1_000_000, enrolmentsPerMinute: 1_000_000 });
  const { ours, theirs, admin } = gateway;
  ids.ours = await arrangeOrganization(admin, ours.id, 'northwind', ours.members.owner.userId);
  ids.theirs = await arrangeOrganization(admin, theirs.id, 'contoso', theirs.members.owner.userId);
  const { json } = await gateway.call('GET', '/v1/openapi.json', { as: null });
  operations = listOperations(json).filter(({ isPublic }) => !isPublic);
  theirTexts = [...Object.values(ids.theirs), 'contoso', 'Contoso'];
  const both = ([a, b]: readonly [string, string], change: (word: string) => string) => [change(a), change(b)] as const;
  // A policy is known by its name, which is among the names below.
  const { policy: _, ...theirIds } = ids.theirs;
  words = [
    ...Object.values(theirIds).map((id) => pair(id, anotherId)),
    ...[
      'contoso-site',
      'contoso-node',
      'contoso-satellite',
      'contoso-prompt',
      'contoso-policy-000000000001',
      'contoso-group',
      'contoso-external',
      'known@contoso.test',
      'Contoso',
      'owner@contoso.test',
    ].map((name) => pair(name, anotherName)),
    both(pair('known@contoso.test', anotherName), (word) => `userName eq "${word}"`),
    both(pair('contoso-group', anotherName), (word) => `displayName eq "${word}"`),
    both(pair('contoso-node', anotherName), (word) => `name=${word}`),
    both(pair('contoso-label', anotherName), (word) => `owner=${word}`),
    ...[ids.theirs.run, ids.theirs.node, ids.theirs.approval].map((id) =>
      both(pair(id, anotherId), (word) => encodeCursor([word])),
    ),
    both(pair('contoso-node', anotherName), (word) => encodeCursor([word, ids.theirs.node])),
  ];
  // Sessions are rows too: for what no key may do, their owner is signed in already.
  await gateway.call('GET', '/v1/sign-in-provider', { as: theirs.members.owner });
  theirRowsBefore = await hashTheirRows();
}, 90_000);
afterAll(async () => {
  statements.stop();
  await gateway.close();
});

describe('the control', () => {
  it('their own owner finds all of it', async () => {
    const as = gateway.theirs.members.owner;
    const { run, execution, approval } = ids.theirs;
    for (const [path, text] of [
      ['/v1/runs', 'contoso-prompt'],
      [`/v1/runs/${run}`, 'contoso-finding'],
      [`/v1/runs/${run}/executions`, execution],
      ['/v1/approvals', approval],
      [`/v1/approvals/${approval}`, 'contoso-reason'],
      ['/v1/nodes', 'contoso-label'],
      [`/v1/nodes?selector=${encodeURIComponent('name=contoso-node')}`, ids.theirs.node],
      ['/v1/sites', 'contoso-site'],
      ['/v1/satellites', 'contoso-satellite'],
      ['/v1/policies', 'contoso-policy'],
      ['/v1/audit-events', 'contoso-audit'],
      ['/v1/members', 'owner@contoso.test'],
      ['/v1/invitations', 'asked@contoso.test'],
      ['/v1/api-keys', 'contoso-key'],
      ['/v1/sessions', 'contoso-browser'],
      ['/v1/scim-tokens', 'contoso-scim'],
      ['/v1/dispatch-keys', ids.theirs.dispatchKey],
      ['/v1/me', 'Contoso'],
      ['/scim/v2/Users', 'known@contoso.test'],
      [`/scim/v2/Users?filter=${encodeURIComponent('externalId eq "contoso-external"')}`, ids.theirs.scimUser],
      [`/scim/v2/Groups/${ids.theirs.scimGroup}`, 'contoso-group'],
    ] as const) {
      const answer = await gateway.call('GET', path, path.startsWith('/scim') ? asDirectory('contoso') : { as });
      expect(answer.status, path).toBe(200);
      expect(answer.text, path).toContain(text);
    }
  });
});

describe('probes', () => {
  it('are answered as if the other organization were not there, and change nothing of it', async () => {
    const table: Record<string, { probes: number; refused: number; accepted: number }> = {};
    const leaks: string[] = [];
    const probes = operations.flatMap((operation) =>
      // A directory is of no role.
      (isOfDirectory(operation.path) ? (['owner'] as const) : roleSchema.options).flatMap((role) =>
        probesOf(operation, role),
      ),
    );
    expect(probes.length).toBeGreaterThanOrEqual(probesMin);
    let reachingDatabase = 0;
    await inParallel(probes, async (probe) => {
      const { operation, role, word, twin, send } = probe;
      const [answer, twinAnswer] = [await send(word), await send(twin)];
      const asked = askedFor(answer);
      if (asked !== askedFor(twinAnswer) && (await asksForOtherThings(probe)))
        leaks.push(
          `${role}: ${operation.method} ${operation.path} with ${word} as ${probe.place} asks for\n${asked}\nits twin ${twin} for\n${askedFor(twinAnswer)}`,
        );
      reachingDatabase += asked === '' ? 0 : 1;
      const name = `${operation.method} ${operation.path}`;
      table[name] ??= { probes: 0, refused: 0, accepted: 0 };
      table[name].probes += 1;
      table[name][answer.status >= 400 ? 'refused' : 'accepted'] += 1;
      const where = `${role}: ${name} with ${word} as ${probe.place}`;
      if (answer.status !== twinAnswer.status)
        leaks.push(
          `${where}: ${answer.status}, its twin ${twin} ${twinAnswer.status}: ${twinAnswer.text.slice(0, 300)}`,
        );
      if (answer.status >= 500) leaks.push(`${where}: ${answer.status} ${answer.text.slice(0, 300)}`);
      const said = without(answer.text, word);
      for (const text of theirTexts)
        if (said.includes(text)) leaks.push(`${where}: the answer has ${text}: ${said.slice(0, 300)}`);
      if (answer.status >= 400 && said !== without(twinAnswer.text, twin))
        leaks.push(`${where}: ${said.slice(0, 300)}, its twin ${without(twinAnswer.text, twin).slice(0, 300)}`);
    });
    console.table(table);
    expect(leaks.slice(0, 20)).toEqual([]);
    // The others are refused by what they say, or by whose key they come with.
    expect(reachingDatabase).toBeGreaterThan(1_000);
    expect(await hashTheirRows()).toEqual(theirRowsBefore);
  }, 240_000);

  it('an id of theirs is never found, whatever its kind and wherever an id goes', async () => {
    for (const operation of operations.filter(({ path }) => path.includes('{'))) {
      for (const id of Object.values(ids.theirs)) {
        const path = operation.path.replaceAll(/\{[^}]+\}/g, id);
        // Of what a directory may leave out, something has to be there.
        const optional = isOfDirectory(path) ? 1 : 0;
        const { body } = sampleOperation(operation, ourWords, (count) => (count === 2 ? optional : 0));
        const answer = await gateway.call(operation.method, path, {
          ...(isOfDirectory(path) ? asDirectory('northwind') : {}),
          body: body ?? undefined,
        });
        expect(answer.status, `${operation.method} ${path}: ${answer.text}`).toBe(404);
      }
    }
  });

  it('a session that claims another organization is nobody’s there', async () => {
    const signedIn = await gateway.call('POST', '/api/auth/sign-in/email', {
      as: null,
      body: { email: gateway.ours.members.owner.email, password: testPassword },
      headers: { origin: 'http://localhost:4700' },
    });
    expect(signedIn.status).toBe(200);
    const cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    const control = await gateway.call('GET', '/v1/me', { as: null, headers: { cookie } });
    expect(control.json).toMatchObject({ organization: { id: gateway.ours.id } });
    const claimed = await gateway.admin.query(
      'update identity.session set "activeOrganizationId" = $1 where "userId" = $2',
      [gateway.theirs.id, gateway.ours.members.owner.userId],
    );
    expect(claimed.rowCount).toBeGreaterThan(0);
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      const path = operation.path.replaceAll(/\{[^}]+\}/g, ids.theirs.run);
      const answer = await gateway.call('GET', path, { as: null, headers: { cookie } });
      expect([401, 403, 404], `${path}: ${answer.text.slice(0, 200)}`).toContain(answer.status);
      for (const text of theirTexts) expect(without(answer.text, ids.theirs.run)).not.toContain(text);
    }
  });

  it('headers that name an organization, a member or a service change nothing', async () => {
    const { json: plain } = await gateway.call('GET', '/v1/me');
    for (const header of [
      'x-organization-id',
      'x-org',
      'x-sena-organization',
      'x-user-id',
      'x-forwarded-user',
      'x-sena-acting-member',
      'organization',
      'sena.organization_id',
    ]) {
      for (const value of [
        gateway.theirs.id,
        gateway.theirs.members.owner.userId,
        gateway.theirs.members.owner.email,
      ]) {
        const answer = await gateway.call('GET', '/v1/me', { headers: { [header]: value } });
        expect(answer.json, header).toEqual(plain);
      }
    }
  });
});

interface Unique {
  /** Table and columns, for people. */
  readonly of: string;
  readonly table: string;
  /** As they are written in a statement, in the order in which they are compared. */
  readonly columns: string[];
}

/** Every index that keeps something once, those of primary keys and of exclusions too, as the database describes itself: a new one is among them. */
async function listUnique(): Promise<Unique[]> {
  const { rows } = await gateway.admin.query<{ table: string; columns: string[] }>(
    `select i.indrelid::regclass::text as "table",
       array(select pg_get_indexdef(i.indexrelid, n, false) from generate_series(1, i.indnkeyatts) as n order by n) as columns
     from pg_index i join pg_class c on c.oid = i.indrelid
     where (i.indisunique or i.indisexclusion) and not c.relispartition and c.relnamespace::regnamespace::text in ('sena', 'identity')
       and c.relname <> '_prisma_migrations' order by 1`,
  );
  return rows.map(({ table, columns }) => ({
    ...{ table, columns },
    of: `${table} (${columns.join(', ')})`.replaceAll('"', ''),
  }));
}
/** Whatever begins with it is compared with rows of the same organization alone. */
const isOrganization = /^"?organization_?id"?$/i;
/** Made here, or a number of something that is known by such an id. */
const isId = /^(id|\w+_id|seq|position|step|revision|attempt|stream|byte_offset|output_month)$/;

/** Unique indexes without an organization whose columns are no ids that are made here, and what is in them: nothing that a person chooses. */
const onceOverAll: Record<string, string> = {
  'identity.apikey (key)': 'the hash of a secret that is made here',
  'identity.invitations (token_sha256)': 'the hash of a secret that is made here',
  'identity.organization (slug)': 'who runs SENA makes organizations, nobody over the API',
  'identity.passkey (credentialID)':
    'random, made by an authenticator and known to its owner: one that is taken is answered as a wrong one is, a-passkey-signs-in-or-decides-never-both',
  'identity.saml_assertions (provider_id, assertion_sha256)': 'a provider’s, which one organization has',
  'identity.scim_tokens (token_sha256)': 'the hash of a secret that is made here',
  'identity.session (token)': 'a secret that is made here',
  'identity.sign_in_attempts (state_sha256)': 'the hash of a secret that is made here',
  'identity.twoFactor (userId)': 'a person has one',
  'sena.approval_assertions (approval_id, decided_by)': 'an approval of the organization, and who decides',
  'sena.approval_decisions (approval_id, decided_by)': 'an approval of the organization, and who decides',
  'sena.join_tokens (token_hash)': 'the hash of a secret that is made here',
  'sena.satellite_key_changes (former_public_key)': 'a key: answered as a wrong proof is, a-join-token-works-once',
  'sena.satellites (fingerprint)': 'a key: answered as a wrong proof is, a-join-token-works-once',
};

describe('what is unique is so in one organization', () => {
  /** Everything with a name that a person gives and that is there once. `of`: whose names are asked for. */
  const named: Record<string, (name: string, of: 'ours' | 'theirs') => Promise<Answer>> = {
    site: (name, of) => gateway.call('POST', '/v1/sites', { ...by(of), body: { name } }),
    node: (name, of) =>
      gateway.call('POST', '/v1/nodes', { ...by(of), body: { name, siteId: ids[of].site, address: '10.0.0.9' } }),
    policy: (name, of) =>
      gateway.call('PUT', `/v1/policies/${name}`, { ...by(of), body: { text: permitsNothingNew, version: null } }),
    sink: async (name, of) => {
      const body = { kind: 'webhook', address: `https://${name}.example.com/` };
      const answer = await gateway.call('POST', '/v1/audit-sinks', { ...by(of), body });
      // There may be few of them; that of the others stays until it was asked for.
      if (of === 'ours') await gateway.admin.query('delete from sena.audit_sinks where address = $1', [body.address]);
      return answer;
    },
    invitation: (name, of) =>
      gateway.call('POST', '/v1/invitations', { ...by(of), body: { email: `${name}@shared.test`, role: 'viewer' } }),
    'person of a directory': (name, of) =>
      gateway.call('POST', '/scim/v2/Users', { ...byDirectory(of), body: { userName: `${name}@directory.test` } }),
    'group of a directory': (name, of) =>
      gateway.call('POST', '/scim/v2/Groups', { ...byDirectory(of), body: { displayName: name } }),
  };
  const permitsNothingNew = 'permit (principal, action == Action::"reads", resource);';
  const by = (of: 'ours' | 'theirs') => ({ as: gateway[of].members.owner });
  const byDirectory = (of: 'ours' | 'theirs') => asDirectory(of === 'ours' ? 'northwind' : 'contoso');

  it.each(Object.keys(named))(
    'the name of a %s that they have is free here: it is made by the same statements, and in the same time, as one that nobody has',
    async (kind) => {
      const make = named[kind] as (typeof named)[string];
      const ms = { theirs: [] as number[], nobodys: [] as number[] };
      const timed = async (of: keyof typeof ms, name: string) => {
        const startedMs = performance.now();
        const answer = await make(name, 'ours');
        ms[of].push(performance.now() - startedMs);
        expect([200, 201], answer.text).toContain(answer.status);
        return askedFor(answer);
      };
      for (let round = 0; round < 20; round += 1) {
        const [taken, free] = [`shared-${round}`, `nobody-${round}`];
        const first = await make(taken, 'theirs');
        expect([200, 201], first.text).toContain(first.status);
        const order = [
          ['theirs', taken],
          ['nobodys', free],
        ] as const;
        const asked: string[] = [];
        for (const [of, name] of round % 2 === 0 ? order : order.toReversed()) asked.push(await timed(of, name));
        expect(asked[0]).toMatch(/^1 insert into /m);
        expect(asked[1]).toBe(asked[0]);
      }
      // A second look. In turns, and by the quickest quarter: what else the machine does makes single ones slow. A lookup that stopped at their row would be
      // another path, not some noise more.
      const ratio = lowerQuartile(ms.theirs) / lowerQuartile(ms.nobodys);
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    },
  );

  it('or is nothing that a person names: what is there once over all organizations is a secret, a key or an id that is made here', async () => {
    const overAll = (await listUnique()).filter(({ columns: [first = ''] }) => !isOrganization.test(first));
    expect(overAll.length).toBeGreaterThan(40);
    const isOfIds = ({ columns }: Unique) => columns.every((column) => isId.test(column.replaceAll('"', '')));
    const others = overAll.filter((unique) => !isOfIds(unique)).map(({ of }) => of);
    expect(others.sort()).toEqual(Object.keys(onceOverAll).sort());
  });

  it('and holds nothing that a request has brought: of thousands of words that nobody had, none stands there', async () => {
    const brought = words.map(([, nobodys]) => nobodys);
    expect(brought.length).toBeGreaterThan(30);
    for (const { of, table, columns } of await listUnique()) {
      if (isOrganization.test(columns[0] ?? '')) continue;
      for (const column of columns) {
        const found = await gateway.admin.query(
          `select 1 from ${table} where ${column}::text = any($1::text[]) limit 1`,
          [brought],
        );
        expect([of, column, found.rowCount]).toEqual([of, column, 0]);
      }
    }
    // The control: what may be named is there, apart by organization.
    const site = await gateway.admin.query('select 1 from sena.sites where name = any($1::text[])', [['nobody-0']]);
    expect(site.rowCount).toBe(1);
  });

  it('an Idempotency-Key that they have used is unused here', async () => {
    const headers = { 'idempotency-key': 'the-same-key' };
    const body = { kind: 'ask', prompt: 'why?' };
    const theirs = await gateway.call('POST', '/v1/runs', { as: gateway.theirs.members.owner, body, headers });
    const ours = await gateway.call('POST', '/v1/runs', { body, headers });
    expect([theirs.status, ours.status]).toEqual([202, 202]);
    expect(ours.headers.get('idempotency-replayed')).toBeNull();
    expect(ours.json.id).not.toBe(theirs.json.id);
  });
});

interface Probe {
  readonly operation: Operation;
  readonly role: (typeof roleSchema.options)[number];
  readonly place: string;
  readonly word: string;
  readonly twin: string;
  send(word: string): Promise<Answer>;
}

function probesOf(operation: Operation, role: Probe['role']): Probe[] {
  const bodies = operation.body?.oneOf?.length ?? 1;
  const sampleWith = (choice: number, optional: number) =>
    sampleOperation(operation, ourWords, (count) => (count === 2 ? optional : choice % count));
  // Without what may be left out, and with it.
  const samples = Array.from({ length: bodies }, (_, choice) => choice).flatMap((choice) =>
    [0, 1].map((optional) => ({ choice, optional, sample: sampleWith(choice, optional) })),
  );
  interface Place {
    readonly place: string;
    /** Places with the same one ask the same thing: the first, which says least beside it, is enough. */
    readonly meaning: string;
    readonly isEnoughForAnyone: boolean;
    put(word: string): Sample;
  }
  const places: Place[] = samples.flatMap(({ choice, optional, sample }) => [
    ...operation.parameters.flatMap(({ in: where, name, schema }): Place[] => {
      if (where === 'cookie' || schema.type === 'integer' || schema.enum !== undefined) return [];
      const part = where === 'header' ? 'headers' : where;
      const place = `${where} ${name}`;
      const put = (word: string) => ({ ...sample, [part]: { ...sample[part], [name]: word } });
      // What stands beside an id may decide how far the request comes.
      const meaning = where === 'path' ? `${place} ${JSON.stringify(sample)}` : place;
      return [{ place, meaning, isEnoughForAnyone: optional === (operation.body === null ? 0 : 1), put }];
    }),
    ...listTextPlaces(sample.body)
      .filter((place) => place.at(-1) !== 'kind' && place.at(-1) !== 'decision')
      .map((at): Place => {
        const place = `body ${at.join('.')}`;
        const put = (word: string) => ({ ...sample, body: replaceAt(sample.body, at, word) });
        return { place, meaning: `${place} ${choice}`, isEnoughForAnyone: false, put };
      }),
  ]);
  const isOwner = role === 'owner';
  // The owner, who may do everything, tries everything everywhere; the others try ids where ids go, in one request that may be accepted.
  const tried = firstOfEach(
    isOwner ? places : places.filter(({ place, isEnoughForAnyone }) => place.startsWith('path') && isEnoughForAnyone),
  );
  const said = isOwner ? words : words.filter(([word]) => /^([a-z]+_)?[0-9a-f]{8}-/.test(word));
  return tried.flatMap(({ place, put }) =>
    said.map(([word, twin]) => ({
      operation,
      role,
      place,
      word,
      twin,
      send: (sent) => send(operation, role, put(sent)),
    })),
  );
}

function firstOfEach<T extends { meaning: string }>(all: readonly T[]): T[] {
  const known = new Set<string>();
  return all.filter(({ meaning }) => !known.has(meaning) && known.add(meaning));
}

/** What is ours, by the name of the place it goes to. */
function ourWords(place: string): readonly string[] {
  switch (place) {
    case 'id':
      return [ids.ours.run];
    case 'siteId':
      return [ids.ours.site];
    case 'selector':
      return ['*'];
    case 'command':
      return ['hostname'];
    case 'op':
      return ['replace'];
    case 'path':
      return ['externalId'];
    case 'value':
      return [ids.ours.scimUser];
    case 'filter':
      return ['externalId eq "words"'];
    case 'userName':
      return [freshAddress];
    case 'cursor':
      return [encodeCursor(['zzz'])];
    case 'name':
    case 'displayName':
    case 'idempotency-key':
      return [fresh];
    default:
      return ['words', '10.0.0.9'];
  }
}

/** Stands where every request has a text of its own. */
const fresh = 'fresh';
const freshAddress = 'fresh@northwind.test';

async function send(operation: Operation, role: Probe['role'], sample: Sample): Promise<Answer> {
  const filled = JSON.parse(
    JSON.stringify(sample)
      .replaceAll(`"${fresh}"`, `"fresh-${randomUUID().slice(0, 18)}"`)
      .replaceAll(`"${freshAddress}"`, `"fresh-${randomUUID().slice(0, 18)}@northwind.test"`),
  ) as Sample;
  const path = operation.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) =>
    encodeURIComponent(filled.path[name] ?? ''),
  );
  const query = new URLSearchParams(filled.query).toString();
  return gateway.call(operation.method, query === '' ? path : `${path}?${query}`, {
    ...(isOfDirectory(operation.path) ? asDirectory('northwind') : { as: role }),
    ...(filled.body === null ? {} : { body: filled.body }),
    headers: filled.headers,
  });
}

/** Again and again. Once may be the doing of others that are sent at the same moment: they change what is our own. */
async function asksForOtherThings({ word, twin, send }: Probe): Promise<boolean> {
  for (let round = 0; round < 3; round += 1) {
    const [answer, twinAnswer] = [await send(word), await send(twin)];
    if (askedFor(answer) === askedFor(twinAnswer)) return false;
  }
  return true;
}

/** What an answer rests on: each statement that the gateway asked for it, in order, and whether that came to any row or to which error. */
function askedFor({ traced }: Answer): string {
  const asked = statements.of(traced).filter(({ text }) => !isOfManyRequests.test(text));
  // What is rung for is rung when it is committed, while the answer is under way.
  const rung = asked.findIndex(({ text }) => text.startsWith('insert into outbox'));
  const committed = asked.findIndex(({ text }, index) => index > rung && text === 'commit');
  return (
    (rung === -1 ? asked : asked.slice(0, committed + 1))
      // How many of our own there are changes meanwhile.
      .map(({ text, came }) => `${typeof came === 'number' ? Math.min(came, 1) : came} ${text.replaceAll(/\s+/g, ' ')}`)
      .join('\n')
  );
}

/** Who asks is looked up once for those who ask at the same moment, and that a key or a token was used is told once a minute. */
const isOfManyRequests =
  /^select k\.id, k\.name as "keyName"|"session"\."token" = \$1|"user"\."id" = \$1|from membership\(\$1, \$2\)|token_sha256 = \$1|"lastRequest" = now\(\)|last_used_at = now\(\)/;

function isOfDirectory(path: string): boolean {
  return path.startsWith('/scim/');
}
function asDirectory(name: string) {
  return { as: { apiKey: directoryTokenOf(name) } };
}

function pair(theirs: string, another: (text: string) => string): [string, string] {
  return [theirs, another(theirs)];
}
/** Another id of the same kind: a digit where a digit is, a letter where a letter is. */
function anotherId(id: string): string {
  return id.replace(/[0-9a-f]{8}-[0-9a-f]{4}/, (found) =>
    found.replaceAll(/[0-9]/g, () => String(randomInt(10))).replaceAll(/[a-f]/g, () => 'abcdef'[randomInt(6)] ?? 'a'),
  );
}
/** As long, of the same kind of letters. */
function anotherName(name: string): string {
  return name.replace(/contoso/i, (found) => (found === 'Contoso' ? 'Fabriks' : 'fabriks'));
}

/** An answer may say again what it was asked for, all of it or its beginning in quotes, and names itself and what was fresh. */
function without(text: string, sent: string): string {
  return text
    .replaceAll(sent, '…')
    .replaceAll(JSON.stringify(sent).slice(1, -1), '…')
    .replaceAll(encodeURIComponent(sent), '…')
    .replaceAll(/fresh-[0-9a-f-]{18}/g, fresh)
    .replaceAll(/`([^`]+)`/g, (quoted, words: string) => (sent.startsWith(words) ? '…' : quoted))
    .replaceAll(/"instance":"[^"]*"/g, '"instance":"…"');
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2] ?? Number.NaN;
}

/** By table: a hash of every row that is theirs. */
async function hashTheirRows(): Promise<Record<string, string>> {
  const tables = await gateway.admin.query<{ name: string; column: string }>(
    `select format('%I.%I', table_schema, table_name) as name, format('%I', column_name) as column
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema in ('sena', 'identity') and table_type = 'BASE TABLE' and column_name in ('organization_id', 'organizationId')
     order by 1`,
  );
  const hashes: Record<string, string> = {};
  for (const { name, column } of tables.rows) {
    const { rows } = await gateway.admin.query<{ text: string }>(
      // When a key was last used is told to the minute, also of those that their own owner uses here.
      `select coalesce(string_agg(t, chr(10) order by t), '') as text from ${name} r, lateral (values ((to_jsonb(r) - 'lastRequest' - 'last_used_at')::text)) as v (t)
       where ${column} = $1`,
      [gateway.theirs.id],
    );
    hashes[name] = createHash('sha256')
      .update(rows[0]?.text ?? '')
      .digest('hex');
  }
  expect(Object.keys(hashes).length).toBeGreaterThan(25);
  return hashes;
}
