// `npm run satellite -- enroll|run|status|trust …`, at a site: prepares the checkout with any Node ≥ 20, then runs the satellite
// under the Node it needs. Entered by npm. Passes signals on; ends when the satellite has ended, with its code.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureToolchain } from './bootstrap.mjs';

let satellite = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (satellite === null) process.exit(130);
    // Ctrl-C in a terminal has reached the satellite itself, and a second one would hurry it.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) satellite.kill(signal);
  });
}

let toolchain;
try {
  // What the satellite prints may be read by programs; what is done for it goes beside that.
  toolchain = await ensureToolchain({ log: (line) => console.error(line) });
} catch (error) {
  console.error(`\n✘ ${error.message}`);
  process.exit(1);
}

const program = path.join(toolchain.checkout, 'services', 'satellite', 'src', 'main.ts');
const flags = ['--disable-warning=ExperimentalWarning'];
satellite = spawn(toolchain.node, [...flags, program, ...process.argv.slice(2)], {
  env: toolchain.env,
  stdio: 'inherit',
});
satellite.once('error', (error) => {
  console.error(`✘ ${toolchain.node} could not be started: ${error.message}`);
  process.exit(1);
});
satellite.once('exit', (code, signal) => {
  if (signal !== null) console.error(`✘ The satellite was ended by ${signal}.`);
  process.exit(code ?? 1);
});
