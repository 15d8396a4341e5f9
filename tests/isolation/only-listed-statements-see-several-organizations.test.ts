// What the gateway's own check does for the gateway, for the other services that read the database: each filter by organization is taken out while
// the statement is asked, as the role that asks it. And what has no row-level security behind it stands in docs/security/isolation.md, all of it.
import { readFileSync } from 'node:fs';
import { readWitnessedSizes } from '@sena/audit/read-checkpoints';
import { inOrganization } from '@sena/db/tenant';
import { listExecutionsToCancel } from '@sena/runs/execution/list-executions-to-cancel';
import { type Bench, openBench } from '@sena/runs/fixtures/open-bench';
import {
  listOrganizationFilters,
  type OrganizationFilter,
} from '@sena/testing/organization-filters/list-organization-filters';
import { listStatementsOutside } from '@sena/testing/organization-filters/list-statements-outside';
import {
  type ProbedFilter,
  probeOrganizationFilters,
} from '@sena/testing/organization-filters/probe-organization-filters';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const services = ['orchestrator', 'relay', 'signer', 'model-router'];
const entryOf = (service: string) => `services/${service}/src/main.ts`;
const page = readFileSync(new URL('../../docs/security/isolation.md', import.meta.url), 'utf8');

let bench: Bench;
let ours: SeededFleet;
let theirs: SeededFleet;
beforeAll(async () => {
  bench = await openBench();
  [ours, theirs] = [await bench.seedFleet(), await bench.seedFleet()];
  for (const fleet of [ours, theirs]) {
    const runId = await bench.createRun(fleet);
    await bench.markSent(await bench.writeDispatch(fleet, runId));
    await bench.admin.query('update runs set cancel_requested_at = now() where id = $1', [runId]);
  }
  await entangle();
}, 60_000);
afterAll(() => bench.close());

/** Rows of theirs that name what is ours, as no foreign key allows: ids are not what keeps organizations apart. */
async function entangle(): Promise<void> {
  const { admin } = bench;
  await admin.query('set session_replication_role = replica');
  for (const [fleet, size] of [
    [ours, 3],
    [theirs, 7],
  ] as const) {
    await admin.query(
      `insert into audit_cosignatures (organization_id, size, satellite_id, public_key, at, signature) values ($1, $2, $3, 'k', now(), 's')`,
      [fleet.organizationId, size, ours.satellites[0]?.id],
    );
  }
  await admin.query(
    `insert into dispatches select (jsonb_populate_record(d, jsonb_build_object('id', 'disp_theirs', 'organization_id', $2::text, 'step', 'other'))).*
     from dispatches d where d.organization_id = $1`,
    [ours.organizationId, theirs.organizationId],
  );
  await admin.query(
    `insert into executions select (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'organization_id', $2::text, 'step', 'other',
       'dispatch_id', 'disp_theirs'))).* from executions e where e.organization_id = $1`,
    [ours.organizationId, theirs.organizationId],
  );
  await admin.query('set session_replication_role = default');
}

describe('a filter that is missing in a service behind the gateway', () => {
  let probed: ReadonlyMap<OrganizationFilter, ProbedFilter>;
  beforeAll(async () => {
    const filters = new Map(
      services.flatMap((service) =>
        listOrganizationFilters(entryOf(service)).map((filter) => [
          `${filter.file}:${filter.line} ${filter.at}`,
          filter,
        ]),
      ),
    );
    const satellite = (fleet: SeededFleet) => fleet.satellites[0]?.id as string;
    const probing = probeOrganizationFilters(
      [...filters.values()],
      bench.admin,
      new Map([['sat_', satellite(theirs)]]),
    );
    try {
      await inOrganization(bench.relay, ours.organizationId, async (transaction) => {
        expect(await listExecutionsToCancel(transaction, [satellite(ours)])).toHaveLength(1);
        expect([...(await readWitnessedSizes(transaction, [satellite(ours)])).values()]).toEqual([3]);
      });
    } finally {
      probing.stop();
    }
    probed = probing.probed;
  }, 60_000);
  const those = (what: (of: ProbedFilter) => boolean) =>
    [...probed].filter(([, of]) => what(of)).map(([{ file, line, text }]) => `${file}:${line} ${text}`);

  test('was missing, each of them that there is, inside of one organization: ask a new one here', () => {
    expect(probed.size).toBeGreaterThan(2);
    expect(those((of) => of.executions === 0)).toEqual([]);
    expect([...probed.values()].flatMap((of) => of.outside)).toEqual([]);
  });

  test('shows nothing of another organization, and would without row-level security', () => {
    expect([...probed.values()].flatMap((of) => of.leaks)).toEqual([]);
    expect(those((of) => !of.hasTeeth)).toEqual([]);
  });
});

describe('what has no row-level security behind it', () => {
  test('is, in services that have no part in identity, what the listed functions do: they are asked for nothing else without an organization', async () => {
    const { rows } = await bench.admin.query<{ name: string }>(
      `select proname as name from pg_proc where prosecdef and pronamespace = 'sena'::regnamespace`,
    );
    const listed = new Set(rows.map(({ name }) => name));
    const isKnown = ({ file, text }: { file: string; text: string }) =>
      text === 'select 1' ||
      rowFor(file) !== undefined ||
      [...text.matchAll(/\b(\w+)\(/g)].some(([, name = '']) => listed.has(name));
    const outside = services.flatMap((service) => listStatementsOutside(entryOf(service)));
    expect(outside.length).toBeGreaterThan(20);
    expect(outside.filter((statement) => !isKnown(statement))).toEqual([]);
  });

  test('is listed: each of those functions, with who may call it', async () => {
    const { rows } = await bench.admin.query<{ name: string; callers: string[] }>(
      `select p.pronamespace::regnamespace || '.' || p.proname as name,
         array(select rolname::text from pg_roles r where r.rolname in ('sena_app', 'sena_relay', 'sena_signer', 'sena_checkpoint', 'sena_identity')
           and has_function_privilege(r.oid, p.oid, 'execute') order by 1) as callers
       from pg_proc p where p.prosecdef and p.prorettype <> 'trigger'::regtype and p.pronamespace::regnamespace::text in ('sena', 'identity') order by 1`,
    );
    const told = [...page.matchAll(/^\| `((?:sena|identity)\.\w+)` \| ([^|]*) \|/gm)].map(([, name, callers = '']) => ({
      name,
      callers: [...callers.matchAll(/`(\w+)`/g)].map(([, role]) => role),
    }));
    expect(told.toSorted((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1))).toEqual(
      rows.filter(({ callers }) => callers.length > 0),
    );
  });

  test('is listed: each statement of the gateway that is asked on identity before an organization is known', () => {
    const counted = new Map<string, number>();
    for (const { file, text } of listStatementsOutside(entryOf('gateway'))) {
      const isOfIdentity = file.startsWith('packages/auth/');
      if (isOfIdentity && text !== 'select 1') counted.set(file, (counted.get(file) ?? 0) + 1);
    }
    const told = [...page.matchAll(/^\| `(packages\/auth\/[^`]+)` \| (\d+) \|/gm)].map(([, file, count]) => [
      file,
      Number(count),
    ]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(counted));
  });

  function rowFor(file: string): string | undefined {
    return page.split('\n').find((row) => row.startsWith(`| \`${file}\` |`));
  }
});
