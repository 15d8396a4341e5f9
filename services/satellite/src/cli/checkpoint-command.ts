// `satellite checkpoint`: the last checkpoint of the audit that this satellite has signed, for `sena audit verify --checkpoint`. Reads only,
// but for --forget.
import { existsSync, renameSync } from 'node:fs';
import { fingerprintOf } from '@sena/envelope/dispatch-key';
import { defineCommand, type ParsedArgs } from 'citty';
import { OperatorError } from '../config/operator-error.ts';
import { openStateDirectory } from '../config/state-directory.ts';
import { lockState } from '../journal/lock-state.ts';
import { readRefusedCheckpoint, readWitnessed } from '../witness/witness-files.ts';
import { loadConfig } from './load-config.ts';
import { reportToOperator } from './report-to-operator.ts';

const declared = {
  config: { type: 'string', required: true, description: 'Configuration file' },
  json: { type: 'boolean', description: 'As `sena audit verify --checkpoint` reads it' },
  forget: {
    type: 'boolean',
    description:
      'Put it aside, with what was refused, and believe the next one: after a database was restored on purpose',
  },
} as const;
type Args = ParsedArgs<typeof declared>;

export const checkpointCommand = defineCommand({
  meta: { name: 'checkpoint', description: 'Show the last checkpoint of the audit that this satellite has signed' },
  args: declared,
  run: reportToOperator(({ args }: { args: Args }) => {
    const state = openStateDirectory(loadConfig('checkpoint', args.config).stateDirectory);
    if (args.forget) {
      const unlock = lockState(state.lock);
      try {
        for (const file of [state.witnessed, state.refusedCheckpoint]) {
          if (!existsSync(file)) continue;
          const aside = `${file}.${new Date().toISOString().replaceAll(':', '')}`;
          renameSync(file, aside);
          console.log(`Kept as ${aside}.`);
        }
      } finally {
        unlock();
      }
      console.log('The next checkpoint that this satellite is told is believed.');
      return;
    }
    const witnessed = readWitnessed(state.witnessed);
    if (witnessed === null)
      throw new OperatorError(
        'This satellite has seen no checkpoint yet. One comes about a minute after it has connected.',
      );
    const refused = readRefusedCheckpoint(state.refusedCheckpoint);
    if (args.json) {
      console.log(JSON.stringify(witnessed, null, 2));
    } else {
      const { checkpoint, key, cosignature } = witnessed;
      const lines = [
        ['records', String(checkpoint.size)],
        ['root', checkpoint.root],
        ['signed', `${checkpoint.at}, here ${cosignature.at}`],
        ['key', `${fingerprintOf(key.publicKey)} (${key.keyId})`],
        ['witness key', `${fingerprintOf(cosignature.publicKey)} (${cosignature.satelliteId})`],
      ];
      for (const [name = '', value = ''] of lines) console.log(`${`${name}:`.padEnd(14)}${value}`);
    }
    if (refused === null) return;
    console.error(`REFUSED at ${refused.refusedAt} (${refused.code}): ${refused.message}`);
    console.error(`The evidence is ${state.refusedCheckpoint}. Keep a copy of it before you do anything else.`);
    process.exitCode = 1;
  }),
});
