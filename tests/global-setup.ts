// Entered by vitest once, before all test files; left after the last. The whole suite shares one PostgreSQL.
import { serveTestDatabases } from '@sena/testing/serve-test-databases';
import type { TestProject } from 'vitest/node';

export default function setup(project: TestProject): Promise<() => Promise<void>> {
  // Loaded with the first database, so that a run of pure tests does not load the migration engine.
  return serveTestDatabases(project, () => import('@sena/db/prepare-database'));
}
