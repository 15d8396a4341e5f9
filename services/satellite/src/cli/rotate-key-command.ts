// `satellite rotate-key`: another key for this satellite. Makes it and lays it beside the one that there is; the running process does the rest.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand, type ParsedArgs } from 'citty';
import { readEnrolment } from '../config/enrolment.ts';
import { createIdentity, loadIdentity } from '../config/identity.ts';
import { OperatorError } from '../config/operator-error.ts';
import { openStateDirectory } from '../config/state-directory.ts';
import { readLiveStatus, statusWriteMs } from '../status/status-file.ts';
import { loadConfig } from './load-config.ts';
import { reportToOperator } from './report-to-operator.ts';

/** The process looks as often as it writes its status. */
const waitMs = 4 * statusWriteMs;

const declared = { config: { type: 'string', required: true, description: 'Configuration file' } } as const;
type Args = ParsedArgs<typeof declared>;

export const rotateKeyCommand = defineCommand({
  meta: { name: 'rotate-key', description: 'Change the key by which this satellite proves who it is' },
  args: declared,
  run: reportToOperator(async ({ args }: { args: Args }) => {
    const { stateDirectory } = loadConfig('rotate-key', args.config);
    const state = openStateDirectory(stateDirectory);
    if (readEnrolment(state.enrolment) === null)
      throw new OperatorError(
        'This satellite is not enrolled yet. Add it in the console under Satellites and paste its command here.',
      );
    const next = createIdentity(state.nextIdentityKey);
    console.log(`The new key is ${next.fingerprint}.`);
    for (const untilMs = Date.now() + waitMs; Date.now() < untilMs; await sleep(100)) {
      if (readLiveStatus(state.status, Date.now())?.connection.kind !== 'connected') break;
      if (existsSync(state.nextIdentityKey)) continue;
      if (loadIdentity(state.identityKey).fingerprint !== next.fingerprint) break;
      console.log('It has taken the place of the former one, which opens nothing any more.');
      return;
    }
    console.log('It takes the place of the present one when the satellite is connected; until then both are kept.');
  }),
});
