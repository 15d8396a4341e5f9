// Builds the web console when it, or what it is made of, changed. Entered by ensureToolchain on request.
// Writes apps/console/.next.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkoutDirectory, pnpmVersion } from './paths.mjs';
import { lastLines, runCommand } from './run-command.mjs';
import { hashOf, isStamped, stamp } from './stamps.mjs';

const timeoutMs = 600_000;
const inputs = [
  'apps/console',
  'packages/contracts',
  'packages/sdk',
  'packages/ui',
  'pnpm-lock.yaml',
  'tsconfig.base.json',
];

/** @throws {Error} with the build's last lines. */
export async function buildConsole(step, env) {
  const hash = hashOf(inputs);
  const built = existsSync(path.join(checkoutDirectory, 'apps', 'console', '.next', 'standalone'));
  if (built && isStamped('console', hash)) return;

  await step(
    'building the console',
    async () => {
      const { code, output } = await runCommand(
        'npx',
        [
          '--yes',
          `pnpm@${pnpmVersion}`,
          'exec',
          'turbo',
          'run',
          'build',
          '--filter=@sena/console',
          '--output-logs=errors-only',
        ],
        {
          cwd: checkoutDirectory,
          env: { ...env, NEXT_TELEMETRY_DISABLED: '1', TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
          timeoutMs,
        },
      );
      if (code !== 0) throw new Error(`The console could not be built. The build said:\n${lastLines(output, 40)}`);
      stamp('console', hash);
    },
    'once for each version; usually under a minute on idle cores',
  );
}
