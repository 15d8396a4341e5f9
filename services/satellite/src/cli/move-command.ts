// `satellite move`: SENA has another address. Only that is written; who this satellite is, what it trusts and what is under way stays.
import { defineCommand, type ParsedArgs } from 'citty';
import { readEnrolment, writeEnrolment } from '../config/enrolment.ts';
import { OperatorError } from '../config/operator-error.ts';
import { openStateDirectory } from '../config/state-directory.ts';
import { lockState } from '../journal/lock-state.ts';
import { checkCloudAddress } from '../tunnel/cloud-address.ts';
import { loadConfig } from './load-config.ts';
import { nameCommand } from './name-command.ts';
import { reportToOperator } from './report-to-operator.ts';

const declared = {
  url: { type: 'string', required: true, description: "SENA's new address, https://…" },
  config: { type: 'string', required: true, description: 'Configuration file' },
} as const;
type Args = ParsedArgs<typeof declared>;

export const moveCommand = defineCommand({
  meta: { name: 'move', description: 'Look for SENA at another address from now on' },
  args: declared,
  run: reportToOperator(async ({ args }: { args: Args }) => {
    const { origin } = checkCloudAddress(args.url, { secure: 'https:', plain: 'http:' });
    const config = loadConfig('move', args.config);
    const state = openStateDirectory(config.stateDirectory);
    // A process that runs writes the enrolment too, with the address that it knows.
    const unlock = lockState(state.lock);
    try {
      const enrolment = readEnrolment(state.enrolment);
      if (enrolment === null)
        throw new OperatorError(
          'This satellite is not enrolled yet. Add it in the console under Satellites and paste its command here.',
        );
      const tunnelUrl = `${origin.replace(/^http/, 'ws')}/v1/tunnel`;
      writeEnrolment(state.enrolment, { ...enrolment, url: `${origin}/`, tunnelUrl });
    } finally {
      unlock();
    }
    console.log(`It looks for SENA at ${origin} from now on. Start it with: ${nameCommand('run', config.file)}`);
  }),
});
