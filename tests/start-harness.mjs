// `npm run faults`, `faults:mutations`, `fuzz`, `redteam`: prepares the machine and the checkout with any Node ≥ 20, then runs the harness under
// the Node it needs. Entered by npm, with the harness's program first. Ends with the harness's code.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureToolchain } from '../infra/local/bootstrap.mjs';
import { installHarnessPackages } from '../infra/local/src/test/install-system-packages.mjs';

const [program, ...args] = process.argv.slice(2);
const log = (line) => console.error(line);
// First: what the toolchain compiles needs a compiler. The fuzzer alone has no lab hosts.
if (!program.startsWith('fuzz/')) await installHarnessPackages(log);
const toolchain = await ensureToolchain({ log });
const child = spawn(
  toolchain.node,
  ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL(program, import.meta.url)), ...args],
  { cwd: toolchain.checkout, env: toolchain.env, stdio: 'inherit' },
);
// A Ctrl-C in a terminal reaches the harness itself, which then stops what it started.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code) => process.exit(code ?? 1));
