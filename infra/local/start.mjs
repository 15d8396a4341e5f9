// `npm start`: prepares the checkout with any Node ≥ 20, then runs the supervisor (src/main.ts) under the Node it needs.
// Entered by npm. Passes signals on; ends when the supervisor has ended, with its code.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureToolchain } from './bootstrap.mjs';

const parentCheckMs = 500;
const startedAt = Date.now();

let supervisor = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  // Before there is a supervisor nothing has to be stopped in order.
  process.on(signal, () => (supervisor === null ? process.exit(130) : supervisor.kill(signal)));
}

let toolchain;
try {
  toolchain = await ensureToolchain({ console: true });
} catch (error) {
  console.error(`\n✘ ${error.message}`);
  process.exit(1);
}

supervisor = spawn(
  toolchain.node,
  ['--disable-warning=ExperimentalWarning', path.join(toolchain.checkout, 'infra', 'local', 'src', 'main.ts')],
  {
    cwd: toolchain.checkout,
    env: { ...toolchain.env, SENA_STARTED_AT_MS: String(startedAt) },
    // Over the channel the supervisor learns that this process was killed.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  },
);
endWithNpm();

supervisor.once('error', (error) => {
  console.error(`✘ ${toolchain.node} could not be started: ${error.message}`);
  process.exit(1);
});
supervisor.once('exit', (code, signal) => {
  if (signal !== null) console.error(`✘ SENA's supervisor was ended by ${signal}. The next npm start recovers.`);
  process.exit(code ?? 1);
});

/** When npm itself is killed, nobody could stop us any more. Without npm in between, losing the parent means nothing. */
function endWithNpm() {
  const npm = process.ppid;
  if (process.env.npm_lifecycle_event === undefined || npm <= 1) return;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    supervisor.kill('SIGTERM');
  }, parentCheckMs);
  watch.unref();
}
