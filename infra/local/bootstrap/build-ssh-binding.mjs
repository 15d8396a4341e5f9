// Compiles ssh2's optional native cryptography for the Node that runs it. Without it the lab works, with slower SSH; a satellite that is
// enrolled by hand does not start (its README says how to let it).
// Writes the build folder inside the ssh2 package.
import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { nodePackageDirectory } from './find-node.mjs';
import { checkoutDirectory } from './paths.mjs';
import { runCommand } from './run-command.mjs';
import { hashOf, isStamped, stamp } from './stamps.mjs';

const timeoutMs = 120_000;
const header = path.join(checkoutDirectory, 'infra', 'local', 'bootstrap', 'object-wrap-without-hooks.h');
/** Calls of it abort the process when garbage is collected: the header says why. */
const deadlyCall = 'RemoveEnvironmentCleanupHook';

/** Never fails: without a compiler it logs one line and goes on. A failure is not tried again until the packages change. */
export async function buildSshBinding(step, log, node, env) {
  const hash = `${hashOf(['pnpm-lock.yaml', path.relative(checkoutDirectory, header)])} ${node}`;
  if (isStamped('ssh-binding', hash)) return;
  const directory = bindingDirectory();
  if (!(await isUsable(node, directory, env))) {
    // One that does not load is no use, and one that aborts is worse than none.
    rmSync(path.join(directory, 'build'), { recursive: true, force: true });
    await step('compiling the SSH cryptography', () => compile(node, directory, env));
    if (!(await isUsable(node, directory, env))) {
      rmSync(path.join(directory, 'build'), { recursive: true, force: true });
      log(
        '! SSH is without its native cryptography: the lab runs at up to twice the CPU, and a satellite of your own does not start. To have it: install g++, make and python3, delete node_modules/.sena and start again.',
      );
    }
  }
  stamp('ssh-binding', hash);
}

/** The binding has to load in the Node that will use it: one that was built for another version is refused there. */
async function isUsable(node, directory, env) {
  const file = path.join(directory, 'build', 'Release', 'sshcrypto.node');
  try {
    if (readFileSync(file).includes(deadlyCall)) return false;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
  const script = `require(${JSON.stringify(file)})`;
  return (await runCommand(node, ['-e', script], { cwd: directory, env, timeoutMs: 10_000 })).code === 0;
}

async function compile(node, directory, env) {
  const nodeGyp = findNodeGyp(env);
  if (nodeGyp === null) return;
  const probe = await runCommand(node, ['-p', 'process.versions.node + " " + process.versions.openssl.split(".")[0]'], {
    cwd: directory,
    env,
    timeoutMs: 10_000,
  });
  const [version, opensslMajor] = probe.output.trim().split(' ');
  // node-gyp prefers npm's configuration over its own arguments, and a user's npmrc may name the headers of another Node.
  const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_config_/i.test(name)));
  const isPinned = node.startsWith(nodePackageDirectory());
  await runCommand(node, [nodeGyp, 'rebuild', `--target=${version}`, `--real_openssl_major=${opensslMajor}`], {
    cwd: directory,
    env: {
      ...clean,
      CXXFLAGS: `${clean.CXXFLAGS ?? ''} -include "${header}"`,
      ...(isPinned ? { npm_config_nodedir: nodePackageDirectory() } : {}),
    },
    timeoutMs,
  });
}

function bindingDirectory() {
  const require = createRequire(path.join(checkoutDirectory, 'services', 'satellite', 'package.json'));
  return path.join(path.dirname(require.resolve('ssh2/package.json')), 'lib', 'protocol', 'crypto');
}

/** node-gyp comes with npm. */
function findNodeGyp(env) {
  for (const directory of (env.PATH ?? '').split(path.delimiter)) {
    try {
      const npm = realpathSync(path.join(directory, 'npm'));
      return createRequire(npm).resolve('node-gyp/bin/node-gyp.js');
    } catch {
      // No npm here, or one without node-gyp: look further.
    }
  }
  return null;
}
