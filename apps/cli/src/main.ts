#!/usr/bin/env node
// SENA's command line: a client of the API like any other. What verifies works offline.
import { defineCommand, runMain } from 'citty';
import { createApproveCommand } from './approvals/approve-command.ts';
import { createPasskeyCommand } from './approvals/passkey-command.ts';
import { createExportCommand } from './audit/export-command.ts';
import { createListCommand } from './audit/list-command.ts';
import { verifyCommand } from './audit/verify-command.ts';
import { createKeysCommand } from './keys/keys-commands.ts';

const audit = defineCommand({
  meta: { name: 'audit', description: 'Look at the audit, take it along, and verify it' },
  subCommands: {
    list: createListCommand(process.env),
    export: createExportCommand(process.env),
    verify: verifyCommand,
  },
});

await runMain(
  defineCommand({
    meta: { name: 'sena', description: "SENA's command line" },
    subCommands: {
      approve: createApproveCommand(process.env),
      passkey: createPasskeyCommand(process.env),
      keys: createKeysCommand(process.env),
      audit,
    },
  }),
);
