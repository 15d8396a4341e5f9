// Runs vitest, its output passed through. Entered by npm test. Writes the report, nothing else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { checkoutDirectory } from '../../bootstrap/paths.mjs';

export const reportFile = path.join(checkoutDirectory, 'reports', 'vitest.json');
const timeoutMs = 1_800_000;

/**
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} filters parts of paths; none: every test
 * @returns {Promise<boolean>} whether vitest says that all is well
 */
export async function runTests(node, env, filters) {
  rmSync(reportFile, { force: true });
  const program = path.join(checkoutDirectory, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(node, [program, 'run', ...filters], {
    cwd: checkoutDirectory,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: timeoutMs,
  });
  const [code] = await once(child, 'close');
  return code === 0;
}
