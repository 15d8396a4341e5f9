// Every column of every table, as the database describes itself: a new one is tried without anybody thinking of it. Entered by the techniques, for
// the rows of a run, and by the settings, for those of an organization, which are put back.
import type pg from 'pg';
import type { SeededRandom } from '../../faults/seeded-random.ts';

export interface Column {
  /** With its schema, as it is written in a statement. */
  readonly table: string;
  /** As it is written in a statement. */
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
}

export interface AnyColumn {
  /** Of one run: by its own id, its approval's and its dispatches'. */
  readonly ofRun: readonly Column[];
  /** Of one organization, and of its members. */
  readonly ofOrganization: readonly Column[];
  /** One column of that run's rows, somehow. Resolves to what was altered. */
  alterRun(runId: string, random: SeededRandom): Promise<string>;
  /** The same of the organization's. `undo` puts it back. */
  alterOrganization(organizationId: string, random: SeededRandom): Promise<{ what: string; undo(): Promise<void> }>;
}

/** How a table's rows are a run's. */
const runRows: Readonly<Record<string, string>> = {
  run_id: 'run_id = $1',
  approval_id: 'approval_id in (select id from sena.approvals where run_id = $1)',
  dispatch_id: 'dispatch_id in (select id from sena.dispatches where run_id = $1)',
  execution_id: 'execution_id in (select id from sena.executions where run_id = $1)',
};
/** Organizations' own rows that lead to a dispatch: where it goes, who counts, which keys there are. */
const organizationRows: Readonly<Record<string, string>> = {
  'sena.satellites': 'organization_id = $1',
  'sena.sites': 'organization_id = $1',
  'sena.nodes': 'organization_id = $1',
  'sena.organizations': 'organization_id = $1',
  'sena.dispatch_keys': 'organization_id = $1',
  'sena.join_tokens': 'organization_id = $1',
  'sena.checkpoint_keys': 'organization_id = $1',
  'identity.member': '"organizationId" = $1',
  'identity.user': 'id in (select "userId" from identity.member where "organizationId" = $1)',
};
/** By these a connected satellite is held by its relay: altered, it would be away, and nothing would be tried on it. */
const held =
  /^(relay_id|connection_epoch|connected_at|last_seen_at|session_counter|session_token|pending_token|revoked_at|locked_at|lock|journal_id)$/;
/** Most tables have no row of a run yet, and most columns their own idea of a value. */
const triesMax = 200;

export async function readAnyColumn(superuser: pg.Client): Promise<AnyColumn> {
  const found = await superuser.query<{
    schema: string;
    table: string;
    name: string;
    type: string;
    is_nullable: boolean;
    siblings: string[];
  }>(
    `select n.nspname as schema, c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as is_nullable,
       array(select s.attname::text from pg_attribute s where s.attrelid = c.oid and s.attnum > 0) as siblings
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname in ('sena', 'identity') and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
       and a.attgenerated = '' and a.attidentity = '' and c.relname <> '_prisma_migrations'
       and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any(i.indkey))
       and a.attname not in ('id', 'organization_id', 'organizationId', 'run_id')
     order by 1, 2, a.attnum`,
  );
  const ofRun: Array<Column & { where: string }> = [];
  const ofOrganization: Array<Column & { where: string }> = [];
  for (const { schema, table, name, type, is_nullable: isNullable, siblings } of found.rows) {
    const full = `${schema}.${table}`;
    const column = { table: `${schema}."${table}"`, name: `"${name}"`, type, isNullable };
    const by = full === 'sena.runs' ? 'id = $1' : siblings.map((sibling) => runRows[sibling]).find(Boolean);
    if (by !== undefined && schema === 'sena') ofRun.push({ ...column, where: by });
    const ofAll = organizationRows[full];
    if (ofAll !== undefined && !held.test(name)) ofOrganization.push({ ...column, where: ofAll });
  }

  return {
    ofRun,
    ofOrganization,
    async alterRun(runId, random) {
      for (let tries = 0; tries < triesMax; tries += 1) {
        const column = random.pick(ofRun);
        if ((await alter(column, runId, random)) > 0) return `${column.table}.${column.name}`;
      }
      throw new Error(`in ${triesMax} tries no column of ${runId} could be altered`);
    },
    async alterOrganization(organizationId, random) {
      for (let tries = 0; tries < triesMax; tries += 1) {
        const column = random.pick(ofOrganization);
        const key = column.table === 'sena."organizations"' ? 'organization_id' : 'id';
        const before = await superuser.query<{ id: string; old: unknown }>(
          `select ${key} as id, to_jsonb(t) -> '${column.name.replaceAll('"', '')}' as old from ${column.table} t where ${column.where}`,
          [organizationId],
        );
        if ((await alter(column, organizationId, random)) === 0) continue;
        return {
          what: `${column.table}.${column.name}`,
          async undo() {
            for (const { id, old } of before.rows)
              await superuser.query(
                `update ${column.table} set ${column.name} = (jsonb_populate_record(null::${column.table}, $2)).${column.name} where ${key} = $1`,
                [id, JSON.stringify({ [column.name.replaceAll('"', '')]: old })],
              );
          },
        };
      }
      throw new Error(`in ${triesMax} tries no column of the organization could be altered`);
    },
  };

  /** Rows that are another than before. None: there are none, or the table does not hold such a value. */
  async function alter(column: Column & { where: string }, of: string, random: SeededRandom): Promise<number> {
    const { table, name, where } = column;
    const value = anotherValue(column, random);
    try {
      const changed = await superuser.query(
        `update ${table} set ${name} = ${value} where (${where}) and ${name} is distinct from ${value}`,
        [of],
      );
      return changed.rowCount ?? 0;
    } catch (error) {
      // A check, a key, or a value of another kind: a superuser would try the next one.
      if (/^(22|23|42883)/.test((error as { code?: string }).code ?? '')) return 0;
      throw error;
    }
  }
}

/** An expression that depends on no row of its own. */
function anotherValue({ table, name, type, isNullable }: Column, random: SeededRandom): string {
  const borrowed = () =>
    `(select ${name} from ${table} where ${name} is not null order by ${name}::text offset ${random.between(0, 12)} limit 1)`;
  const choices: Array<() => string> = [borrowed];
  if (isNullable) choices.push(() => 'null');
  if (type === 'boolean') choices.push(() => random.pick(['true', 'false']));
  else if (type.startsWith('timestamp'))
    choices.push(
      () =>
        `date_trunc('second', now()) + interval '${random.pick([-31_536_000, -3_600, 0, 3_600, 31_536_000])} seconds'`,
    );
  else if (/^(integer|bigint)$/.test(type)) choices.push(() => `${random.pick([0, 1, 2, 3, 2_147_483_647])}`);
  else if (type === 'jsonb') choices.push(() => `'${random.pick(['{}', '[]', 'null', '{"timeoutMs":1000}'])}'::jsonb`);
  else if (type === 'text')
    choices.push(
      () =>
        `'${random.pick(['', 'approved', 'allow', 'running', 'owner', 'approve', 'service:signer', 'sh', 'bash'])}'`,
    );
  return random.pick(choices)();
}
