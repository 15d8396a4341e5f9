// Generates Prisma's client for packages/db when its schema changed. Entered by ensureToolchain.
// Writes packages/db/src/generated.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkoutDirectory } from './paths.mjs';
import { lastLines, runCommand } from './run-command.mjs';
import { hashOf, isStamped, stamp } from './stamps.mjs';

const timeoutMs = 120_000;
const directory = path.join(checkoutDirectory, 'packages', 'db');

/** @throws {Error} with the generator's last lines. */
export async function generateDatabaseClient(step, env) {
  const hash = hashOf(['packages/db/prisma/schema.prisma', 'packages/db/prisma.config.ts', 'pnpm-lock.yaml']);
  if (isStamped('database-client', hash) && existsSync(path.join(directory, 'src', 'generated'))) return;

  await step('generating the database client', async () => {
    const { code, output } = await runCommand(path.join(directory, 'node_modules', '.bin', 'prisma'), ['generate'], {
      cwd: directory,
      // The generator needs no native engine and must not try to fetch one. `false`, never `true`: a command that did
      // need the engine has to fail.
      env: {
        ...env,
        PRISMA_SCHEMA_ENGINE_BINARY: '/bin/false',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      },
      timeoutMs,
    });
    if (code !== 0) throw new Error(`The database client could not be generated. Prisma said:\n${lastLines(output)}`);
    stamp('database-client', hash);
  });
}
