// `pnpm faults …` and `pnpm faults:mutations`: prepares the checkout with any Node ≥ 20, then runs the harness under the Node it needs.
// Entered by pnpm. Ends with the harness's code.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureToolchain } from '../../infra/local/bootstrap.mjs';

const [first, ...rest] = process.argv.slice(2);
const isMutations = first === 'mutations';
const args = isMutations ? rest : process.argv.slice(2);
const toolchain = await ensureToolchain({ log: (line) => console.error(line) });
const program = isMutations ? path.join('mutations', 'main.ts') : 'main.ts';
const child = spawn(
  toolchain.node,
  ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, program), ...args],
  { cwd: toolchain.checkout, env: toolchain.env, stdio: 'inherit' },
);
// A Ctrl-C in a terminal reaches the harness itself, which then stops what it started.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code) => process.exit(code ?? 1));
