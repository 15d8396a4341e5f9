// The checks that read the code and run none of it. Entered by npm test. Each prints one line; one that fails, its output too.
import { performance } from 'node:perf_hooks';
import { checkoutDirectory, pnpmVersion } from '../../bootstrap/paths.mjs';
import { runCommand } from '../../bootstrap/run-command.mjs';

const timeoutMs = 300_000;
const quiet = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', NO_COLOR: '1' };

/** Cheapest first. `turbo` wants to find pnpm, which npx has at hand. */
const checks = [
  { name: 'lint and format', fix: 'npx pnpm format', program: 'biome', args: ['check', '--error-on-warnings', '.'] },
  {
    name: 'boundaries',
    fix: 'see .dependency-cruiser.cjs',
    program: 'depcruise',
    args: ['--config', '.dependency-cruiser.cjs', 'apps', 'packages', 'services', 'infra'],
  },
  { name: 'unused code', fix: 'see knip.jsonc', program: 'knip', args: [] },
  {
    name: 'types',
    fix: 'npx pnpm typecheck',
    program: 'npx',
    args: [
      ...['--yes', `pnpm@${pnpmVersion}`, 'exec', 'turbo', 'run', 'typecheck', 'typecheck:tests'],
      ...['--continue', '--concurrency=2', '--output-logs=errors-only'],
    ],
  },
];

/**
 * @param {NodeJS.ProcessEnv} env with the workspace's tools on its PATH
 * @param {(line: string) => void} log
 * @returns {Promise<string[]>} the names of those that failed
 */
export async function runChecks(env, log) {
  const failed = [];
  for (const { name, fix, program, args } of checks) {
    const startedAt = performance.now();
    const { code, output } = await runCommand(program, args, {
      cwd: checkoutDirectory,
      env: { ...env, ...quiet },
      timeoutMs,
    });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    if (code === 0) {
      log(`✔ ${name} (${seconds} s)`);
    } else {
      failed.push(name);
      log(`✘ ${name} (${seconds} s)\n${output.trimEnd()}\n  ${name}: ${fix}`);
    }
  }
  return failed;
}
