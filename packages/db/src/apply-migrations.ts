// Applies prisma/migrations with Prisma's schema engine compiled to WebAssembly: the same checksums and bookkeeping as
// `prisma migrate deploy`, without the native engine. Entered from prepare-database only.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const ownMigrations = path.resolve(import.meta.dirname, '../prisma/migrations');
/** PostgreSQL's internal `"char"`, which catalog queries return and the adapter does not know. */
const oidChar = 18;
const oidText = 25;

interface Migration {
  readonly name: string;
  readonly sql: string;
}

/**
 * `ownerUrl`: sena_owner. Throws with the name of the migration that failed, now or at an earlier start, or that is not the one
 * this database was made with. `directory`: one folder a migration, applied in the order of their names.
 */
export async function applyMigrations(ownerUrl: string, directory = ownMigrations): Promise<void> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 2, connectionTimeoutMillis: 60_000 });
  const migrations = readMigrations(directory);
  try {
    await refuseAltered(pool, migrations);
    const engine = await openEngine(pool);
    await engine.applyMigrations({
      migrationsList: toMigrationsList(directory, migrations),
      filters: { externalTables: [], externalEnums: [] },
    });
  } catch (cause) {
    throw new Error(`The database could not be migrated: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    await pool.end();
  }
}

function readMigrations(directory: string): Migration[] {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, sql: fs.readFileSync(path.join(directory, name, 'migration.sql'), 'utf8') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The engine passes over what it has applied, whatever the file says by now. */
async function refuseAltered(pool: pg.Pool, migrations: readonly Migration[]): Promise<void> {
  const bookkeeping = await pool.query<{ name: string | null }>(
    `select to_regclass('sena._prisma_migrations') as name`,
  );
  if (bookkeeping.rows[0]?.name === null) return;
  const applied = await pool.query<{ migration_name: string; checksum: string }>(
    'select migration_name, checksum from sena._prisma_migrations where finished_at is not null and rolled_back_at is null',
  );
  const checksumOf = new Map(applied.rows.map((row) => [row.migration_name, row.checksum]));
  for (const { name, sql } of migrations) {
    const checksum = checksumOf.get(name);
    if (checksum === undefined || checksum === createHash('sha256').update(sql).digest('hex')) continue;
    throw new Error(
      `${name} was changed after this database was made with it. Start from an empty database, or bring the file back.`,
    );
  }
}

function toMigrationsList(directory: string, migrations: readonly Migration[]) {
  return {
    baseDir: directory,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}

/** Node has it; its declaration comes with the DOM only. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
  };
};

/** The part of the engine that is used here; the package declares it all as `any`. */
interface SchemaEngine {
  applyMigrations(input: unknown): Promise<unknown>;
}
interface EngineBindings {
  __wbg_set_wasm(exports: Record<string, unknown>): void;
  SchemaEngine: { new: (options: unknown, log: (line: string) => void, factory: unknown) => Promise<SchemaEngine> };
}

let engineBindings: Promise<EngineBindings> | undefined;

/** Once a process: the bindings keep views into the memory of the instance they were first given. */
function loadEngine(): Promise<EngineBindings> {
  engineBindings ??= (async () => {
    const require = createRequire(import.meta.url);
    const directory = path.dirname(require.resolve('@prisma/schema-engine-wasm'));
    const bindingsModule = '@prisma/schema-engine-wasm/schema_engine_bg';
    const bindings = (await import(bindingsModule)) as EngineBindings;
    const { instance } = await webAssembly.instantiate(fs.readFileSync(path.join(directory, 'schema_engine_bg.wasm')), {
      './schema_engine_bg.js': bindings,
    });
    bindings.__wbg_set_wasm(instance.exports);
    const start = instance.exports.__wbindgen_start;
    if (typeof start === 'function') start();
    const registry = { set_message: (message: string) => process.stderr.write(`schema engine: ${message}\n`) };
    Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: registry });
    return bindings;
  })();
  return engineBindings;
}

async function openEngine(pool: pg.Pool): Promise<SchemaEngine> {
  const bindings = await loadEngine();
  const charColumns = presentCharAsText(pool);
  const inner = new PrismaPg(pool, { schema: 'sena', disposeExternalPool: false });
  const connect = async () => {
    const adapter = await inner.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (parameters) => {
      const result = await queryRaw(parameters);
      for (const position of charColumns.get(parameters.sql) ?? []) {
        result.columnTypes[position] = ColumnTypeEnum.Character;
      }
      return result;
    };
    // The adapter would cut the script at every semicolon, those in function bodies included. One simple query is one transaction.
    adapter.executeScript = async (script) => {
      await pool.query(script);
    };
    return adapter;
  };
  const refuseShadow = () => Promise.reject(new Error('a shadow database is not used for deploying'));
  const factory = {
    provider: inner.provider as 'postgres',
    adapterName: inner.adapterName,
    connect,
    connectToShadowDb: refuseShadow,
  };
  return bindings.SchemaEngine.new(
    { datamodels: [['schema.prisma', fs.readFileSync(path.join(ownMigrations, '../schema.prisma'), 'utf8')]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

/** Rewrites the type of `"char"` columns in every result of this pool, and remembers where they were, by query text. */
function presentCharAsText(pool: pg.Pool): Map<string, number[]> {
  const positionsOf = new Map<string, number[]>();
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryResult>;
  const rewritten = async (...args: unknown[]) => {
    const result = await query(...args);
    const config = args[0] as { text?: string } | string;
    const text = typeof config === 'string' ? config : (config.text ?? '');
    const positions = (result.fields ?? []).flatMap((field, position) =>
      field.dataTypeID === oidChar ? [position] : [],
    );
    for (const position of positions) Object.assign(result.fields[position] ?? {}, { dataTypeID: oidText });
    if (positions.length > 0) positionsOf.set(text, positions);
    return result;
  };
  Object.assign(pool, { query: rewritten });
  return positionsOf;
}
