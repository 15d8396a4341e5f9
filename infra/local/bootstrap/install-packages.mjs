// Brings node_modules in step with the lockfile. Entered first by ensureToolchain.
// Runs pnpm through npx; writes node_modules.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { nodePackageDirectory } from './find-node.mjs';
import { checkoutDirectory, pnpmVersion } from './paths.mjs';
import { lastLines, runCommand } from './run-command.mjs';
import { hashOf, isStamped, stamp } from './stamps.mjs';

const timeoutMs = 600_000;

/** @throws {Error} when pnpm could not be fetched or failed; the message holds its last lines. */
export async function installPackages(step) {
  const inputs = hashOf(['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']);
  const hash = `${inputs} ${process.platform}-${process.arch} ${checkoutDirectory}`;
  if (isStamped('install', hash) && existsSync(path.join(checkoutDirectory, 'node_modules', '.modules.yaml'))) return;

  await step('installing packages', async () => {
    const { code, output } = await runCommand(
      'npx',
      [
        '--yes',
        `pnpm@${pnpmVersion}`,
        'install',
        '--frozen-lockfile',
        '--prefer-offline',
        '--config.confirm-modules-purge=false',
      ],
      // ssh2's binding is compiled while installing: for the Node that will run it, not for the one that installs.
      { cwd: checkoutDirectory, env: { ...process.env, npm_config_nodedir: nodePackageDirectory() }, timeoutMs },
    );
    if (code !== 0) {
      throw new Error(
        `Packages could not be installed. Check that this machine reaches the npm registry (npm config get registry), then try again. pnpm said:\n${lastLines(output)}`,
      );
    }
    stamp('install', hash);
  });
}
