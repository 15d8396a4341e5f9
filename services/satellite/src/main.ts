// The satellite's command line: enroll, run, status, trust. No environment variable is read.
import { setFlagsFromString } from 'node:v8';
import { defineCommand, runMain } from 'citty';
import { version } from './version.ts';

// V8 would optimise the shell grammar in the background, once: 500 MB for no measurable gain. It has to be said before
// the grammar is loaded.
setFlagsFromString('--wasm-tiering-budget=1000000000');

const main = defineCommand({
  meta: { name: 'satellite', version, description: "SENA's hands inside your network" },
  subCommands: {
    enroll: async () => (await import('./cli/enroll-command.ts')).enrollCommand,
    run: async () => (await import('./cli/run-command.ts')).runCommand,
    status: async () => (await import('./cli/status-command.ts')).statusCommand,
    trust: async () => (await import('./cli/trust-command.ts')).trustCommand,
  },
});

await runMain(main);
