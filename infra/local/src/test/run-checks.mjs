// The checks that read the code and run none of it. Entered by npm test. Each prints one line; one that fails, its output too.
import { performance } from 'node:perf_hooks';
import { checkoutDirectory } from '../../bootstrap/paths.mjs';
import { runCommand } from '../../bootstrap/run-command.mjs';

const timeoutMs = 300_000;
const quiet = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', NO_COLOR: '1' };

/** Cheapest first. Each is a script of package.json, so that it can be run again alone. */
const checks = [
  { name: 'lint and format', script: 'lint', hint: 'npm run format repairs most of it' },
  { name: 'boundaries', script: 'boundaries', hint: 'each rule has its reason in .dependency-cruiser.cjs' },
  { name: 'unused code', script: 'knip', hint: 'delete what nobody uses' },
  { name: 'types', script: 'typecheck', hint: 'npm run typecheck shows it again' },
];

/**
 * @param {NodeJS.ProcessEnv} env with the workspace's tools on its PATH
 * @param {(line: string) => void} log
 * @returns {Promise<string[]>} the names of those that failed
 */
export async function runChecks(env, log) {
  const failed = [];
  for (const { name, script, hint } of checks) {
    const startedAt = performance.now();
    const { code, output } = await runCommand('npm', ['run', '--silent', script], {
      cwd: checkoutDirectory,
      env: { ...env, ...quiet },
      timeoutMs,
    });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    if (code === 0) {
      log(`✔ ${name} (${seconds} s)`);
    } else {
      failed.push(name);
      log(`✘ ${name} (${seconds} s)\n${output.trimEnd()}\n  ${name}: ${hint}`);
    }
  }
  return failed;
}
