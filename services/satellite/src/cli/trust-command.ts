// `satellite trust`: a person looks at a node's host key and says yes. The only way into known_hosts.
import { createInterface } from 'node:readline/promises';
import { defineCommand, type ParsedArgs } from 'citty';
import { OperatorError } from '../config/operator-error.ts';
import { fetchHostKey } from '../ssh/fetch-host-key.ts';
import { hostKeyFingerprint, hostKeyType, openKnownHosts, trustHostKey } from '../ssh/known-hosts.ts';
import { loadConfig } from './load-config.ts';
import { reportToOperator } from './report-to-operator.ts';

const declared = {
  config: { type: 'string', required: true, description: 'Configuration file' },
  host: { type: 'string', required: true, description: 'address or address:port (several: comma)' },
  yes: { type: 'boolean', description: 'Add without asking: only where the network itself is trusted' },
} as const;
type Args = ParsedArgs<typeof declared>;

export const trustCommand = defineCommand({
  meta: { name: 'trust', description: "Confirm nodes' host keys, so that commands may be sent to them" },
  args: declared,
  run: reportToOperator(async ({ args }: { args: Args }) => {
    const config = loadConfig('trust', args.config);
    const knownHosts = openKnownHosts(config.knownHostsFile);
    for (const { address, port } of args.host
      .split(',')
      .filter((host) => host !== '')
      .map(parseHost)) {
      const key = await fetchHostKey(address, port, config.limits.connectTimeoutMs).catch((cause: Error) => {
        throw new OperatorError(cause.message, { cause });
      });
      const place = `${address}:${port}`;
      const known = knownHosts.find(address, port);
      console.log(`${place} shows ${hostKeyType(key)} ${hostKeyFingerprint(key)}`);
      if (known.trusted.some((trusted) => trusted.equals(key))) {
        console.log('It is trusted already.');
      } else if (known.trusted.length > 0 || known.revoked.length > 0) {
        throw new OperatorError(
          `Another key of ${place} stands in ${config.knownHostsFile}. If the node was rebuilt, remove that line first.`,
        );
      } else if (args.yes === true || (await askConsent(place))) {
        trustHostKey(config.knownHostsFile, address, port, key);
        console.log(`Added to ${config.knownHostsFile}.`);
      } else {
        console.log('Nothing was added.');
      }
    }
  }),
});

function parseHost(text: string): { address: string; port: number } {
  const match =
    /^(?:\[([0-9a-fA-F:.]+)\]|([a-zA-Z0-9._-]+)|([0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*))(?::(\d{1,5}))?$/.exec(
      text.trim(),
    );
  const address = match?.[1] ?? match?.[2] ?? match?.[3];
  const port = Number(match?.[4] ?? 22);
  if (address === undefined || port < 1 || port > 65_535) {
    throw new OperatorError(
      `--host: ${JSON.stringify(text)} is not an address like 10.0.0.5, 10.0.0.5:2222 or [fd00::5]:22.`,
    );
  }
  return { address, port };
}

async function askConsent(place: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new OperatorError(`Nobody can be asked here. Compare the fingerprint, then add --yes to trust ${place}.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(`Is that the key of ${place}? Type yes to trust it: `)).trim() === 'yes';
  } finally {
    terminal.close();
  }
}
