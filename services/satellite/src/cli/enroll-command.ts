// `satellite enroll`: the line that the console shows, pasted at the site.
import { defineCommand, type ParsedArgs } from 'citty';
import { OperatorError } from '../config/operator-error.ts';
import { enrolSatellite } from '../enrol/enrol-satellite.ts';
import { version } from '../version.ts';
import { nameCommand } from './name-command.ts';
import { reportToOperator } from './report-to-operator.ts';

const declared = {
  url: { type: 'string', required: true, description: "SENA's address, https://…" },
  token: { type: 'string', required: true, description: 'The join token; it works once' },
  pin: {
    type: 'string',
    required: true,
    description: "SHA256:… of the organization's dispatch key (several: comma)",
  },
  name: { type: 'string', required: true, description: 'What the console calls this satellite' },
  config: { type: 'string', required: true, description: 'Configuration file; written when there is none' },
  state: { type: 'string', description: 'State directory (default: beside the configuration, .state)' },
  credential: { type: 'string', description: 'name=/path/to/private/key for the new file (several: comma)' },
  'known-hosts': { type: 'string', description: 'known_hosts file for the new configuration' },
  ca: { type: 'string', description: "PEM certificates to trust for SENA's address, for the new configuration" },
  proxy: { type: 'string', description: 'http://host:port of a proxy, for the new configuration' },
} as const;
type Args = ParsedArgs<typeof declared>;

export const enrollCommand = defineCommand({
  meta: { name: 'enroll', description: 'Make this machine a satellite of your organization' },
  args: declared,
  run: reportToOperator(async ({ args }: { args: Args }) => {
    const { kind, enrolment, config } = await enrolSatellite({
      url: args.url,
      token: args.token,
      pins: args.pin.split(',').filter((pin) => pin !== ''),
      name: args.name,
      configFile: args.config,
      stateDirectory: args.state,
      credentials: parseCredentials(args.credential),
      knownHostsFile: args['known-hosts'],
      caFile: args.ca,
      proxy: args.proxy,
      version,
    });
    if (kind === 'already_enrolled') {
      console.log(`Already enrolled as ${enrolment.name} (${enrolment.satelliteId}). Nothing was changed.`);
      return;
    }
    console.log(`Enrolled as ${enrolment.name} (${enrolment.satelliteId}).`);
    for (const { keyId, fingerprint } of enrolment.dispatchKeys)
      console.log(`Pinned dispatch key ${keyId} ${fingerprint}`);
    if (Object.keys(config.credentials).length === 0) {
      console.log(`Next: name an SSH key under "credentials" in ${config.file}.`);
    }
    console.log(`Confirm the host keys of its nodes: ${nameCommand('trust', config.file, '--host ADDRESS[:PORT]')}`);
    console.log(`Start it with: ${nameCommand('run', config.file)}`);
  }),
});

function parseCredentials(text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1 || at === pair.length - 1) throw new OperatorError(`--credential: write name=/path, not ${pair}.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
