// The demo lab as a program: `node main.ts --state DIR --uplink-port N [--uplink-host 127.0.0.1] [--kind openssh|simulated]`.
// Started by the local supervisor. Prints one JSON line (LabDescription) on stdout when every host answers; progress goes
// to stderr. Ends on SIGTERM, SIGINT and when its parent dies.
import { parseArgs } from 'node:util';
import { demoFleet } from './demo-fleet.ts';
import type { Fault, LabKind, SocketAddress } from './lab.ts';
import { startLab } from './start-lab.ts';

/** Everything that a satellite's configuration needs. */
export interface LabDescription {
  ready: true;
  kind: LabKind;
  sites: {
    name: string;
    clientKeyPath: string;
    knownHostsPath: string;
    /** Argument prefix to run the site's satellite with; may be empty. */
    enter: string[];
    /** Where the uplink target is found from inside the site. */
    uplink: SocketAddress;
    hosts: {
      name: string;
      address: string;
      port: number;
      user: string;
      /** `SHA256:…` */
      hostKey: string;
      labels: Record<string, string>;
      faults: Fault[];
    }[];
  }[];
}

const parentCheckMs = 250;

const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    'uplink-host': { type: 'string', default: '127.0.0.1' },
    'uplink-port': { type: 'string' },
    kind: { type: 'string' },
  },
});
const uplinkPort = Number(values['uplink-port']);
const kind = values.kind;
if (values.state === undefined || !Number.isInteger(uplinkPort) || uplinkPort < 1 || uplinkPort > 65_535) {
  fail('Usage: main.ts --state DIRECTORY --uplink-port PORT [--uplink-host HOST] [--kind openssh|simulated]');
} else if (kind !== undefined && kind !== 'openssh' && kind !== 'simulated') {
  fail(`--kind is openssh or simulated, not ${kind}`);
} else {
  await main(values.state, { host: values['uplink-host'], port: uplinkPort }, kind);
}

async function main(stateDirectory: string, target: SocketAddress, kind: LabKind | undefined): Promise<void> {
  const parent = process.ppid;
  const lab = await startLab({
    stateDirectory,
    sites: demoFleet(),
    ...(kind ? { kind } : {}),
    log: (line) => process.stderr.write(`${line}\n`),
  }).catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
  if (!lab) return;

  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await lab.stop();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // A parent that is killed says no goodbye.
  setInterval(() => {
    if (process.ppid !== parent) void stop();
  }, parentCheckMs);

  const sites: LabDescription['sites'] = [];
  for (const { name, clientKeyPath, knownHostsPath, enter, hosts, uplink } of lab.sites) {
    const { host, port } = await uplink(target);
    sites.push({ name, clientKeyPath, knownHostsPath, enter, uplink: { host, port }, hosts });
  }
  const description: LabDescription = { ready: true, kind: lab.kind, sites };
  process.stdout.write(`${JSON.stringify(description)}\n`);
}

function fail(sentence: string): undefined {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
