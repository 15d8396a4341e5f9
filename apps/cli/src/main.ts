#!/usr/bin/env node
// SENA's command line: a client of the API like any other. What verifies works offline.
import { defineCommand, runMain } from 'citty';
import { createApproveCommand } from './approvals/approve-command.ts';
import { createPasskeyCommand } from './approvals/passkey-command.ts';

await runMain(
  defineCommand({
    meta: { name: 'sena', description: "SENA's command line" },
    subCommands: { approve: createApproveCommand(process.env), passkey: createPasskeyCommand(process.env) },
  }),
);
