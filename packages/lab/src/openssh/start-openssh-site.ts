// One site of hosts with their own sshd: disks, seeds, then all boot at once. Entered by start-lab.
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LabHost, LabSiteSpec, SiteNetwork } from '../lab.ts';
import { fingerprintOf, type HostIdentity } from '../state/host-identity.ts';
import { cleanEnvironment, hostFile, type LabMachine } from './lab-machine.ts';
import { type OpensshHost, startOpensshHost } from './start-openssh-host.ts';
import { writeHostSeed } from './write-host-seed.ts';

const run = promisify(execFile);
const bootsAtOnce = 8;

export interface OpensshSiteOptions {
  spec: LabSiteSpec;
  network: SiteNetwork;
  machine: Extract<LabMachine, { kind: 'fit' }>;
  identities: ReadonlyMap<string, HostIdentity>;
  clientKey: string;
  /** An empty directory of this site. */
  runDirectory: string;
  log: (line: string) => void;
}

/** Rejects when any host fails to boot, after the others have been stopped. */
export async function startOpensshSite(options: OpensshSiteOptions): Promise<LabHost[]> {
  const { spec, network, machine, identities, clientKey, runDirectory, log } = options;
  const disks = join(runDirectory, 'disks');
  await mkdir(disks);
  const names = spec.hosts.map((host) => host.name);
  const [enter = '', ...rest] = [...network.enterWithMounts, 'sh', hostFile('add-disks.sh'), disks, ...names];
  await run(enter, rest, { env: cleanEnvironment, timeout: 30_000 });

  const user = machine.privilege === 'root' ? 'root' : 'ops';
  const neighbours = new Map(names.map((name, index) => [name, addressOf(network, index)]));
  const hosts: LabHost[] = [];
  const start = async (index: number) => {
    const host = spec.hosts[index];
    const identity = host && identities.get(host.name);
    if (!host || !identity) throw new Error(`No identity for host ${index} of ${spec.name}`);
    const { name, labels, faults } = host;
    const address = addressOf(network, index);
    const seed = join(runDirectory, 'seeds', name);
    const { sshdVersion, privilege, hasTimeNamespace } = machine;
    await writeHostSeed(seed, { spec: host, identity, clientKey, user, neighbours, sshdVersion });
    const disk = join(disks, name);
    const running = await startOpensshHost({
      name,
      network,
      index,
      address,
      disk,
      seed,
      privilege,
      hasTimeNamespace,
      log,
    });
    hosts[index] = {
      ...{ name, address, port: 22, user, hostKey: fingerprintOf(identity.hostPublicKey), labels, faults },
      ...running,
    };
  };
  await inBatches(spec.hosts.length, start, () => Object.values(hosts));
  return hosts;
}

async function inBatches(
  count: number,
  start: (index: number) => Promise<void>,
  started: () => OpensshHost[],
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await start(next++);
  };
  const results = await Promise.allSettled(Array.from({ length: bootsAtOnce }, worker));
  const failure = results.find((result) => result.status === 'rejected');
  if (!failure) return;
  await Promise.allSettled(started().map((host) => host.stop()));
  throw failure.reason;
}

function addressOf(network: SiteNetwork, index: number): string {
  return `${network.prefix}.${1 + Math.floor(index / 200)}.${10 + (index % 200)}`;
}
