// The satellite's command line: enroll, run, status, trust, checkpoint, rotate-key, move. No environment variable is read.
import { defineCommand, runMain } from 'citty';
import { version } from './version.ts';

const main = defineCommand({
  meta: { name: 'satellite', version, description: "SENA's hands inside your network" },
  subCommands: {
    enroll: async () => (await import('./cli/enroll-command.ts')).enrollCommand,
    run: async () => (await import('./cli/run-command.ts')).runCommand,
    status: async () => (await import('./cli/status-command.ts')).statusCommand,
    checkpoint: async () => (await import('./cli/checkpoint-command.ts')).checkpointCommand,
    'rotate-key': async () => (await import('./cli/rotate-key-command.ts')).rotateKeyCommand,
    move: async () => (await import('./cli/move-command.ts')).moveCommand,
    trust: async () => (await import('./cli/trust-command.ts')).trustCommand,
  },
});

await runMain(main);
