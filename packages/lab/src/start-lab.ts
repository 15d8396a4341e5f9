// The door of the lab: brings up sites of SSH hosts with planted faults. Entered by tests, benchmarks and the lab's own
// program (main.ts). Touches its state directory and namespaces of its own, nothing else of the machine.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab, LabHost, LabKind, LabSite, LabSiteSpec, SiteNetwork } from './lab.ts';
import { startSiteNetwork } from './network/start-site-network.ts';
import { examineMachine, type LabMachine } from './openssh/lab-machine.ts';
import { type OpensshSiteOptions, startOpensshSite } from './openssh/start-openssh-site.ts';
import { startSimulatedHosts } from './start-simulated-hosts.ts';
import { claimStateDirectory, type StateDirectory } from './state/claim-state-directory.ts';
import { type HostIdentity, keepClientKey, keepHostIdentity } from './state/host-identity.ts';
import { keepPorts, readKeptPorts } from './state/keep-ports.ts';

export interface LabOptions {
  /** Keeps host keys and client keys between starts; one lab at a time. May be new. */
  stateDirectory: string;
  sites: LabSiteSpec[];
  /** Default: `openssh` where the machine can, else `simulated`. Asking for `openssh` where it can't is an error that
   * names what is missing. */
  kind?: LabKind;
  log?: (line: string) => void;
}

/** Resolves when every host answers. Rejects, with nothing left running, when one doesn't. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const log = options.log ?? (() => undefined);
  checkSpecs(options.sites);
  const machine: LabMachine =
    options.kind === 'simulated'
      ? { kind: 'unfit', because: 'Simulated hosts were asked for.' }
      : await examineMachine();
  if (machine.kind === 'unfit' && options.kind === 'openssh') throw new Error(machine.because);
  const state = await claimStateDirectory(options.stateDirectory);
  const stops: (() => Promise<void>)[] = [() => state.release()];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) {
      await step().catch((error: unknown) => log(`stopping: ${String(error)}`));
    }
  };
  try {
    if (machine.kind === 'unfit') log(`simulated hosts: ${machine.because}`);
    const starting = options.sites.map((spec, index) => startSite(spec, index, machine, state, stops, log));
    const settled = await Promise.allSettled(starting);
    const sites = settled.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    return { kind: machine.kind === 'fit' ? 'openssh' : 'simulated', sites, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSite(
  spec: LabSiteSpec,
  index: number,
  machine: LabMachine,
  state: StateDirectory,
  stops: (() => Promise<void>)[],
  log: (line: string) => void,
): Promise<LabSite> {
  const directory = join(state.sites, spec.name);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const runDirectory = join(state.run, spec.name);
  await mkdir(runDirectory, { mode: 0o700 });
  const clientKeyPath = join(directory, 'client-key');
  const clientKey = await keepClientKey(clientKeyPath);
  const identities = new Map<string, HostIdentity>();
  for (const host of spec.hosts)
    identities.set(host.name, await keepHostIdentity(state.identities, spec.name, host.name));

  const { hosts, network } =
    machine.kind === 'fit'
      ? await startRealHosts(spec, index, machine, { identities, clientKey, runDirectory, stops, log })
      : { hosts: await startModelHosts(spec, { identities, clientKey, directory, stops }), network: machineNetwork };
  const knownHostsPath = join(directory, 'known_hosts');
  const lines = hosts.flatMap((host) => {
    const key = identities.get(host.name)?.hostPublicKey;
    const names = host.port === 22 ? [`[${host.address}]:22`, host.address] : [`[${host.address}]:${host.port}`];
    return names.map((name) => `${name} ${key}\n`);
  });
  await writeFile(knownHostsPath, lines.join(''), { mode: 0o644 });
  return {
    name: spec.name,
    ...{ hosts, clientKeyPath, knownHostsPath },
    enter: network.enter,
    uplink: (target) => network.uplink(target),
    inlet: (target) => network.inlet(target),
  };
}

type Stop = () => Promise<void>;

async function startRealHosts(
  spec: LabSiteSpec,
  index: number,
  machine: Extract<LabMachine, { kind: 'fit' }>,
  parts: Pick<OpensshSiteOptions, 'identities' | 'clientKey' | 'runDirectory' | 'log'> & { stops: Stop[] },
): Promise<{ hosts: LabHost[]; network: Pick<SiteNetwork, 'enter' | 'uplink' | 'inlet'> }> {
  const network = spec.network ?? (await startSiteNetwork(machine.privilege, `10.${40 + index}`));
  if (!spec.network) parts.stops.push(() => network.stop());
  const hosts = await startOpensshSite({ spec, network, machine, ...parts });
  for (const host of hosts) parts.stops.push(() => host.stop());
  return { hosts, network };
}

interface ModelParts {
  identities: ReadonlyMap<string, HostIdentity>;
  clientKey: string;
  /** The site's: what is kept there is found at the next start. */
  directory: string;
  stops: Stop[];
}

async function startModelHosts(
  spec: LabSiteSpec,
  { identities, clientKey, directory, stops }: ModelParts,
): Promise<LabHost[]> {
  if (spec.network) throw new Error('Simulated hosts have no network of their own and hang on none.');
  const portsFile = join(directory, 'simulated-ports.json');
  const formerPorts = await readKeptPorts(portsFile);
  const started = await startSimulatedHosts(spec.hosts, [...identities.values()], clientKey, formerPorts);
  stops.push(() => started.stop());
  await keepPorts(portsFile, started.hosts);
  return started.hosts;
}

/** Simulated hosts share the machine's network: whatever is asked for is where it is. */
const machineNetwork: Pick<SiteNetwork, 'enter' | 'uplink' | 'inlet'> = {
  enter: [],
  uplink: async (target) => ({ ...target, close: async () => undefined }),
  inlet: async (target) => ({ ...target, close: async () => undefined }),
};

function checkSpecs(sites: LabSiteSpec[]): void {
  const name = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  const refuse = (sentence: string): never => {
    throw new Error(sentence);
  };
  if (sites.length > 200) refuse('A lab has at most 200 sites.');
  const siteNames = new Set<string>();
  for (const site of sites) {
    if (!name.test(site.name) || siteNames.has(site.name))
      refuse(`Give each site a host-like name of its own: ${site.name}`);
    siteNames.add(site.name);
    const hostNames = new Set<string>();
    for (const host of site.hosts) {
      if (!name.test(host.name) || hostNames.has(host.name))
        refuse(`Give each host of ${site.name} a host name of its own: ${host.name}`);
      hostNames.add(host.name);
    }
  }
}
