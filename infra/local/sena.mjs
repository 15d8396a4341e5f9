// `npm run sena -- audit verify …`: prepares the checkout with any Node ≥ 20, then runs the command line under the Node it needs.
// Entered by npm. Ends when the command has ended, with its code.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureToolchain } from './bootstrap.mjs';

let toolchain;
try {
  // What the command prints may be read by programs; what is done for it goes beside that.
  toolchain = await ensureToolchain({ log: (line) => console.error(line) });
} catch (error) {
  console.error(`\n✘ ${error.message}`);
  process.exit(2);
}

const program = path.join(toolchain.checkout, 'apps', 'cli', 'src', 'main.ts');
const command = spawn(toolchain.node, [program, ...process.argv.slice(2)], { env: toolchain.env, stdio: 'inherit' });
command.once('error', (error) => {
  console.error(`✘ ${toolchain.node} could not be started: ${error.message}`);
  process.exit(2);
});
command.once('exit', (code) => process.exit(code ?? 2));
