// Compiles ssh2's optional native cryptography for the Node that runs it. SENA works without it, with slower SSH.
// Writes the build folder inside the ssh2 package.
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { nodePackageDirectory } from './find-node.mjs';
import { checkoutDirectory } from './paths.mjs';
import { runCommand } from './run-command.mjs';
import { hashOf, isStamped, stamp } from './stamps.mjs';

const timeoutMs = 120_000;

/** Never fails: without a compiler it logs one line and goes on. A failure is not tried again until the packages change. */
export async function buildSshBinding(step, log, node, env) {
  const hash = `${hashOf(['pnpm-lock.yaml'])} ${node}`;
  if (isStamped('ssh-binding', hash)) return;
  const directory = bindingDirectory();
  if (!(await loads(node, directory, env))) {
    await step('compiling the SSH cryptography', () => compile(node, directory, env));
    if (!(await loads(node, directory, env))) {
      log(
        '! SSH runs without its native cryptography, so large outputs are slower. To have it: install g++, make and python3, delete node_modules/.sena and start again.',
      );
    }
  }
  stamp('ssh-binding', hash);
}

/** The binding has to load in the Node that will use it: one that was built for another version is refused there. */
async function loads(node, directory, env) {
  const file = path.join(directory, 'build', 'Release', 'sshcrypto.node');
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
    env: isPinned ? { ...clean, npm_config_nodedir: nodePackageDirectory() } : clean,
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
