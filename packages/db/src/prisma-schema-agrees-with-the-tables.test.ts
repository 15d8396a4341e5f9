import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Column {
  readonly type: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
}

const typeOf: Record<string, string> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Json: 'jsonb',
  Boolean: 'boolean',
  'DateTime @db.Timestamptz': 'timestamp with time zone',
};

/** Columns by table, as the models say. Relations have no column. */
function readModels(schema: string): Map<string, Map<string, Column>> {
  const models = [...schema.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)];
  const names = new Set(models.map(([, name]) => name));
  const tables = new Map<string, Map<string, Column>>();
  for (const [, name = '', body = ''] of models) {
    const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name;
    const columns = new Map<string, Column>();
    for (const [, field = '', type = '', mark, attributes = ''] of body.matchAll(
      /^ {2}(\w+) +(\w+)(\?|\[\])?(.*)$/gm,
    )) {
      if (names.has(type)) continue;
      const native = attributes.includes('@db.Timestamptz') ? `${type} @db.Timestamptz` : type;
      columns.set(/@map\("(\w+)"\)/.exec(attributes)?.[1] ?? field, {
        type: typeOf[native] ?? `unknown to this test: ${native}`,
        nullable: mark === '?',
        hasDefault: attributes.includes('@default('),
      });
    }
    tables.set(table, columns);
  }
  return tables;
}

let database: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

const models = readModels(readFileSync(resolve(import.meta.dirname, '../prisma/schema.prisma'), 'utf8'));

test('the models are seen', () => {
  expect([...models.keys()]).toContain('satellites');
  expect(models.size).toBeGreaterThanOrEqual(8);
});

test.each([...models.keys()])(
  '%s: columns, types, nullability and defaults are those of the migrations',
  async (table) => {
    const found = await admin.query<{ name: string; type: string; nullable: string; has_default: boolean }>(
      `select column_name as name, data_type as type, is_nullable as nullable, column_default is not null as has_default
     from information_schema.columns where table_schema = 'sena' and table_name = $1`,
      [table],
    );
    const migrated = new Map(
      found.rows.map((row) => [
        row.name,
        { type: row.type, nullable: row.nullable === 'YES', hasDefault: row.has_default },
      ]),
    );
    expect(Object.fromEntries(models.get(table) ?? [])).toEqual(Object.fromEntries(migrated));
  },
);

test.each([...models.keys()])('%s: unique and primary keys are those of the migrations', async (table) => {
  const found = await admin.query<{ columns: string[] }>(
    `select array(select a.attname::text from unnest(i.indkey) k join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k order by 1) as columns
     from pg_index i where i.indrelid = $1::regclass and i.indisunique`,
    [`sena.${table}`],
  );
  expect(found.rows.map((row) => row.columns.join(' ')).sort()).toEqual(uniqueKeysOf(table).sort());
});

/** `organization_id seq`: column names in order of the alphabet. */
function uniqueKeysOf(table: string): string[] {
  const schema = readFileSync(resolve(import.meta.dirname, '../prisma/schema.prisma'), 'utf8');
  const body = schema.split(/^model /m).find((part) => part.includes(`@@map("${table}")`)) ?? '';
  const columnOf = (field: string) => new RegExp(`^ {2}${field} .*@map\\("(\\w+)"\\)`, 'm').exec(body)?.[1] ?? field;
  const compound = [...body.matchAll(/@@(?:id|unique)\(\[([\w, ]+)\]/g)].map(([, fields = '']) =>
    fields.split(', ').map(columnOf).sort().join(' '),
  );
  const single = [...body.matchAll(/^ {2}(\w+) .*@(?:id|unique)(?![\w(])/gm)].map(([, field = '']) => columnOf(field));
  return [...compound, ...single];
}
