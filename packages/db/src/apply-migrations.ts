// Applies prisma/migrations with Prisma's schema engine compiled to WebAssembly: the same checksums and bookkeeping as
// `prisma migrate deploy`, without the native engine. Entered from prepare-database only.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const migrationsDirectory = path.resolve(import.meta.dirname, '../prisma/migrations');
/** PostgreSQL's internal `"char"`, which catalog queries return and the adapter does not know. */
const oidChar = 18;
const oidText = 25;

/** `ownerUrl`: sena_owner. Throws with the name of the migration that failed. */
export async function applyMigrations(ownerUrl: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 2, connectionTimeoutMillis: 10_000 });
  try {
    const engine = await openEngine(pool);
    await engine.applyMigrations({
      migrationsList: listMigrations(),
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

function readSchema(): string {
  return fs.readFileSync(path.resolve(migrationsDirectory, '../schema.prisma'), 'utf8');
}

function listMigrations() {
  const read = (name: string) => fs.readFileSync(path.join(migrationsDirectory, name), 'utf8');
  const names = fs
    .readdirSync(migrationsDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir: migrationsDirectory,
    lockfile: { path: 'migration_lock.toml', content: read('migration_lock.toml') },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: read(path.join(name, 'migration.sql')) } },
    })),
  };
}

/** The part of the engine that is used here; the package declares it all as `any`. */
interface SchemaEngine {
  applyMigrations(input: unknown): Promise<unknown>;
}
interface EngineBindings {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  SchemaEngine: { new: (options: unknown, log: (line: string) => void, factory: unknown) => Promise<SchemaEngine> };
}

let engineBindings: Promise<EngineBindings> | undefined;

/** Once a process: the bindings keep views into the memory of the instance they were first given. */
function loadEngine(): Promise<EngineBindings> {
  engineBindings ??= (async () => {
    const require = createRequire(import.meta.url);
    const directory = path.dirname(require.resolve('@prisma/schema-engine-wasm'));
    const bindingsModule = '@prisma/schema-engine-wasm/schema_engine_bg';
    const bindings = (await import(bindingsModule)) as EngineBindings & WebAssembly.ModuleImports;
    const { instance } = await WebAssembly.instantiate(fs.readFileSync(path.join(directory, 'schema_engine_bg.wasm')), {
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
    { datamodels: [['schema.prisma', readSchema()]] },
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
