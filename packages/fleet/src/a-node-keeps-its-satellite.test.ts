import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assignSatellites } from './assign-satellites.ts';

let database: TestDatabase;
let pool: Pool;
const organizationId = newId('org');
const [siteA, siteB] = [newId('site'), newId('site')];
const nodes = Array.from({ length: 600 }, (_, i) => ({ id: `node_${i}`, site: { id: siteA } }));

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  await tenant(async (transaction) => {
    await transaction.query(`insert into organizations (organization_id, name) values ($1, 'x')`, [organizationId]);
    await transaction.query(`insert into sites (id, organization_id, name) values ($1, $3, 'a'), ($2, $3, 'b')`, [
      siteA,
      siteB,
      organizationId,
    ]);
  });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const tenant = <T>(work: (transaction: TenantTransaction) => Promise<T>) => inOrganization(pool, organizationId, work);
const assign = (of = nodes) => tenant((transaction) => assignSatellites(transaction, of));

/** Presence is the relay's to write. */
async function enrol(name: string, state: 'connected' | 'away' | 'revoked', siteId = siteA): Promise<void> {
  const relay = openPool(database.urls.relay, { max: 1, applicationName: 'test', onError: () => undefined });
  await tenant((transaction) =>
    transaction.query(
      `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint) values ($1, $2, $3, $1, 'k', $1)`,
      [name, organizationId, siteId],
    ),
  );
  if (state === 'revoked') {
    await tenant((transaction) => transaction.query('update satellites set revoked_at = now() where id = $1', [name]));
  }
  if (state !== 'away') await connect(name, 'relay-1');
  await relay.end();
}
async function connect(name: string, relayId: string | null): Promise<void> {
  const relay = openPool(database.urls.relay, { max: 1, applicationName: 'test', onError: () => undefined });
  await inOrganization(relay, organizationId, (transaction) =>
    transaction.query('update satellites set relay_id = $2 where id = $1', [name, relayId]),
  );
  await relay.end();
}

describe('the satellite of a node', () => {
  let before: Map<string, string | null>;
  beforeEach(async () => {
    before = await assign();
  });

  it('is none where none is enrolled', () => {
    expect(new Set(before.values())).toEqual(new Set([null]));
  });

  it('is one that is enrolled but away when there is no other, so that work waits; never a revoked one', async () => {
    await enrol('sat_revoked', 'revoked');
    expect(new Set((await assign()).values())).toEqual(new Set([null]));
    await enrol('sat_1', 'away');
    expect(new Set((await assign()).values())).toEqual(new Set(['sat_1']));
  });

  it('is one that is connected, and the load is spread', async () => {
    await enrol('sat_2', 'connected');
    expect(new Set((await assign()).values())).toEqual(new Set(['sat_2']));
    await connect('sat_1', 'relay-1');
    await enrol('sat_3', 'connected');
    const shares = Map.groupBy(await assign(), ([, satellite]) => satellite);
    expect([...shares.keys()].sort()).toEqual(['sat_1', 'sat_2', 'sat_3']);
    for (const share of shares.values()) expect(share.length).toBeGreaterThan(140);
  });

  it('changes only for the nodes of a satellite that left', async () => {
    await connect('sat_2', null);
    const after = await assign();
    for (const [node, satellite] of before) {
      if (satellite !== 'sat_2') expect(after.get(node)).toBe(satellite);
      else expect(['sat_1', 'sat_3']).toContain(after.get(node));
    }
  });

  it('is one of its own site', async () => {
    await enrol('sat_b', 'connected', siteB);
    const found = await assign([{ id: 'node_b', site: { id: siteB } }, ...nodes]);
    expect(found.get('node_b')).toBe('sat_b');
    expect([...found.values()].filter((satellite) => satellite === 'sat_b')).toHaveLength(1);
    expect(await assign([])).toEqual(new Map());
  });
});
