import { SenaError } from '@sena/contracts/errors';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNode } from './create-node.ts';
import { createSite } from './create-site.ts';
import { listNodes } from './list-nodes.ts';
import { parseSelector } from './parse-selector.ts';
import { countNodes, selectNodes } from './select-nodes.ts';

let database: TestDatabase;
let pool: Pool;
const ours = newId('org');
const theirs = newId('org');

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  for (const organizationId of [ours, theirs]) {
    await inOrganization(pool, organizationId, async (transaction) => {
      await transaction.query('insert into organizations (organization_id, name) values ($1, $1)', [organizationId]);
      const [berlin, paris] = [
        await createSite(transaction, { name: 'berlin' }, { ref: 'member:test', key: null }),
        await createSite(transaction, { name: 'paris' }, { ref: 'member:test', key: null }),
      ];
      const nodes: Array<[name: string, siteId: string, labels: Record<string, string>]> =
        organizationId === ours
          ? [
              ['web-01', berlin.id, { role: 'web', rack: 'a', env: 'prod' }],
              ['web-02', berlin.id, { role: 'web', rack: 'b', env: 'dev' }],
              ['web-10', paris.id, { role: 'web', rack: 'a' }],
              ['db-01', paris.id, { role: 'db', rack: 'a', env: 'prod' }],
              ['bare', paris.id, {}],
              ['odd_100%', berlin.id, { note: 'a "quoted" (text)', role: 'WEB' }],
            ]
          : [['web-01', berlin.id, { role: 'web', rack: 'a' }]];
      for (const [name, siteId, labels] of nodes) {
        const login = { address: '10.0.0.1', port: 22, runAs: 'root', credential: 'default', hostKey: null };
        await createNode(transaction, { name, siteId, labels, ...login }, { ref: 'member:test', key: null });
      }
    });
  }
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const select = (selector: string | null) =>
  inOrganization(pool, ours, async (transaction) => {
    const nodes = await selectNodes(transaction, selector);
    expect(await countNodes(transaction, selector)).toBe(nodes.length);
    return nodes.map((node) => node.name);
  });

describe('a selector', () => {
  it.each([
    ['*', ['bare', 'db-01', 'odd_100%', 'web-01', 'web-02', 'web-10']],
    ['role=web', ['web-01', 'web-02', 'web-10']],
    ['role=web and rack=a', ['web-01', 'web-10']],
    ['role=web rack', null],
    ['role=web and not rack=a', ['web-02']],
    ['role=db or role=web and rack=b', ['db-01', 'web-02']],
    ['(role=db or role=web) and rack=b', ['web-02']],
    ['not role=web', ['bare', 'db-01', 'odd_100%']],
    ['role!=web', ['bare', 'db-01', 'odd_100%']],
    ['not not role=db', ['db-01']],
    ['rack in (a, c)', ['db-01', 'web-01', 'web-10']],
    ['name in (web-01, db-*)', ['db-01', 'web-01']],
    ['name=web-01', ['web-01']],
    ['name=web-*', ['web-01', 'web-02', 'web-10']],
    ['name=*-01', ['db-01', 'web-01']],
    ['name=web-0_', []],
    ['name="odd_100%"', ['odd_100%']],
    ['name=odd%', []],
    ['site=berlin and env=*', ['web-01', 'web-02']],
    ['site=par*', ['bare', 'db-01', 'web-10']],
    ['not env=*', ['bare', 'odd_100%', 'web-10']],
    ['env!=prod and site=paris', ['bare', 'web-10']],
    ['note="a *"', ['odd_100%']],
    ['ROLE=web', null],
    ['Role=web', null],
    ['role=web AND rack=a', ['web-01', 'web-10']],
    ['role="web"', ['web-01', 'web-02', 'web-10']],
    ['* and role=db', ['db-01']],
    [null, ['bare', 'db-01', 'odd_100%', 'web-01', 'web-02', 'web-10']],
  ])('%j', async (selector, names) => {
    if (names === null) await expect(select(selector)).rejects.toMatchObject({ code: 'invalid_selector' });
    else expect((await select(selector)).sort()).toEqual(names);
  });

  it('brings what is needed to reach a node', async () => {
    const [node] = await inOrganization(pool, ours, (transaction) => selectNodes(transaction, 'name=web-01'));
    expect(node).toMatchObject({
      site: { name: 'berlin' },
      address: '10.0.0.1',
      port: 22,
      runAs: 'root',
      credential: 'default',
      hostKey: null,
      labels: { role: 'web', rack: 'a', env: 'prod' },
    });
  });

  it('never reaches into SQL, and never into another organization', async () => {
    for (const value of [`x' or '1'='1`, `x'; drop table nodes; --`, '\\', '%', `') or (1=1`, '$1']) {
      expect(await select(`role="${value}"`)).toEqual([]);
      expect(await select(`role="*${value}*"`)).toEqual([]);
    }
    expect((await select('*')).filter((name) => name === 'web-01')).toHaveLength(1);
    const seen = await inOrganization(pool, theirs, (transaction) => selectNodes(transaction, '*'));
    expect(seen.map((node) => node.name)).toEqual(['web-01']);
  });

  it('pages', async () => {
    const names: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await inOrganization(pool, ours, (transaction) =>
        listNodes(transaction, { limit: 2, selector: 'role=web', cursor: cursor ?? undefined }),
      );
      names.push(...page.items.map((node) => node.name));
      cursor = page.nextCursor;
    }
    expect(names).toEqual(['web-01', 'web-02', 'web-10']);
  });
});

describe('a selector that can not be read', () => {
  it.each([
    ['', 1],
    ['web-01', 7],
    ['role', 5],
    ['role=', 6],
    ['=web', 1],
    ['role=web and', 13],
    ['(role=web', 10],
    ['role=web)', 9],
    ['rack in a', 9],
    ['rack in (a', 11],
    ['rack in ()', 10],
    ['role=web or or rack=a', 13],
    ['role=web; rm -rf /', null],
    ['9role=web', 1],
    ['role="web', null],
    ['a!b', null],
  ])('%j says where', (text, at) => {
    try {
      parseSelector(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SenaError);
      expect(error).toMatchObject({ code: 'invalid_selector', status: 422 });
      expect((error as SenaError).fields[0]?.path).toBe('selector');
      const place = at === null ? /character \d+/ : new RegExp(`character ${at}\\b`);
      expect((error as SenaError).message).toMatch(place);
    }
  });

  it('is refused for its depth or its length instead of exhausting anything', () => {
    expect(() => parseSelector(`${'('.repeat(900)}a=b${')'.repeat(900)}`)).toThrow(SenaError);
    expect(parseSelector(`${'not '.repeat(499)}a=b`)).toMatchObject({ kind: 'not' });
    expect(parseSelector(Array.from({ length: 240 }, () => 'a=b').join(' or '))).toMatchObject({ kind: 'or' });
  });
});
