// For tests of what is done about a PostgreSQL that says nothing more: a database of their own behind a line that can become half-open.
import { afterAll, beforeAll } from 'vitest';
import { type HalfOpenLine, openHalfOpenLine } from './half-open-line.ts';
import { createTestDatabase, type RoleUrls, type TestDatabase } from './postgres.ts';

export interface HalfOpenDatabase {
  /** Over the line. */
  url(): string;
  /** As `HalfOpenLine` does. */
  fallSilent(): void;
}

/** Called once a test file, outside of its tests: they share the database. `role`: whose URL it is. */
export function halfOpenDatabase(role: keyof RoleUrls): HalfOpenDatabase {
  let database: TestDatabase;
  let line: HalfOpenLine;
  beforeAll(async () => {
    database = await createTestDatabase();
    line = await openHalfOpenLine(database.urls[role]);
  }, 60_000);
  afterAll(async () => {
    line?.stop();
    await database?.drop();
  });
  return {
    url: () => line.over(database.urls[role]),
    fallSilent: () => line.fallSilent(),
  };
}
