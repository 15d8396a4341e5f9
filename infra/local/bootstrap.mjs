// Entered by start.mjs and test.mjs on any Node ≥ 20 that has npm, before a single package is there. Leaves a checkout that can run.
// Imports Node's own modules only. Writes node_modules, the generated database client and the console's build.
import { buildConsole } from './bootstrap/build-console.mjs';
import { buildSshBinding } from './bootstrap/build-ssh-binding.mjs';
import { findNode } from './bootstrap/find-node.mjs';
import { generateDatabaseClient } from './bootstrap/generate-database-client.mjs';
import { installPackages } from './bootstrap/install-packages.mjs';
import { checkoutDirectory, compileCacheDirectory } from './bootstrap/paths.mjs';
import { showProgress } from './bootstrap/show-progress.mjs';

/**
 * Installs, builds and generates what is missing; what is in step is left alone (well under a second).
 * @param {{ log?: (line: string) => void, console?: boolean }} [options] `log` gets whole lines; `console` builds the web console too.
 * @returns {Promise<{ node: string, checkout: string, env: NodeJS.ProcessEnv }>} `node`: a Node ≥ 24 executable; `env`: the
 *   present environment with that Node and the workspace's tools first on the PATH, and a place for Node's parsed code.
 * @throws {Error} whose message is a sentence that says what to do.
 */
export async function ensureToolchain({ log = (line) => console.log(line), console: withConsole = false } = {}) {
  const step = showProgress(log);
  await installPackages(step);
  const { node, env } = findNode();
  await generateDatabaseClient(step, env);
  await buildSshBinding(step, log, node, env);
  if (withConsole) await buildConsole(step, env);
  return { node, checkout: checkoutDirectory, env: { ...env, NODE_COMPILE_CACHE: compileCacheDirectory } };
}
