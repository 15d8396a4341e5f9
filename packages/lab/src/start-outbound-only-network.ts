// Two networks as a customer has them: a cloud, and a site whose firewall accepts no connection from it. Entered by tests that
// prove that SENA needs none. Touches namespaces of its own only; needs root and nftables.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SiteNetwork, SocketAddress, Uplink } from './lab.ts';
import { holdNetwork } from './network/hold-network.ts';
import { keepUplinks, serveInlet, serveUplink } from './network/serve-uplink.ts';
import { startSocketAgent } from './network/socket-agent.ts';
import { cleanEnvironment, examineMachine, findProgram, hostFile } from './openssh/lab-machine.ts';

const run = promisify(execFile);
const toolMs = 10_000;

export interface OutboundOnlyNetwork {
  /** Argument prefix: runs a program in the cloud's network. */
  enterCloud: string[];
  /** Argument prefix: runs a program in the site's network. */
  enterSite: string[];
  /** Where the site finds the cloud. */
  cloudAddress: string;
  /** Where the cloud would find the site's satellite. */
  siteAddress: string;
  /** For `LabSiteSpec.network`. Its uplinks connect from inside the site, through the firewall, to e.g. `cloudAddress`. */
  site: SiteNetwork;
  /** Makes a port of the cloud's 127.0.0.1 reachable at 127.0.0.1 of the caller, who stands outside of both. */
  cloudInlet(port: number): Promise<Uplink>;
  /** Packets from the cloud that the firewall has dropped, to the satellite's machine and to the hosts behind it. */
  droppedInbound(): Promise<number>;
  /** `accepted` takes the firewall away: the negative control. */
  setInbound(rule: 'dropped' | 'accepted'): Promise<void>;
  /** Stop the lab that hangs on `site` first. */
  stop(): Promise<void>;
}

/** Rejects with a sentence when the machine can't. */
export async function startOutboundOnlyNetwork(): Promise<OutboundOnlyNetwork> {
  const machine = await examineMachine();
  if (machine.kind === 'unfit') throw new Error(machine.because);
  if (machine.privilege !== 'root') throw new Error('An outbound-only network needs root.');
  if (findProgram('nft') === null) throw new Error('Missing: nft. Install it: apt-get install nftables');

  const cloud = await holdNetwork('root', null);
  const site = await holdNetwork('root', '10.78.0.1/16').catch(async (error: unknown) => {
    await cloud.stop();
    throw error;
  });
  const inSite = async (...program: string[]): Promise<string> => {
    const [enter = '', ...rest] = [...site.enter, ...program];
    return (await run(enter, rest, { env: cleanEnvironment, timeout: toolMs })).stdout;
  };
  try {
    await inSite('sh', hostFile('connect-cloud.sh'), `/proc/${cloud.holderPid}/ns/net`);
  } catch (error) {
    await Promise.all([site.stop(), cloud.stop()]);
    throw error;
  }
  const siteAgent = startSocketAgent(site.enter);
  const cloudAgent = startSocketAgent(cloud.enter);
  const uplinks = keepUplinks();
  const openUplink = async (target: SocketAddress) => {
    const { server, port } = await siteAgent.listen(target.port);
    return serveUplink(server, port, () => siteAgent.connect(target));
  };
  const stop = async () => {
    await uplinks.closeAll();
    await Promise.all([siteAgent.stop(), cloudAgent.stop()]);
    await Promise.all([site.stop(), cloud.stop()]);
  };
  return {
    enterCloud: cloud.enter,
    enterSite: site.enter,
    cloudAddress: '10.77.0.1',
    siteAddress: '10.77.0.2',
    site: {
      enter: site.enter,
      enterWithMounts: site.enterWithMounts,
      holderPid: site.holderPid,
      prefix: '10.78',
      uplink: (target) => uplinks.keep(openUplink(target)),
      inlet: (target) => uplinks.keep(serveInlet(() => siteAgent.connect(target))),
      stop,
    },
    cloudInlet: (port) => uplinks.keep(serveInlet(() => cloudAgent.connect({ host: '127.0.0.1', port }))),
    async droppedInbound() {
      const text = await inSite('nft', 'list', 'counter', 'inet', 'firewall', 'dropped_inbound');
      const packets = /packets (\d+)/.exec(text)?.[1];
      if (packets === undefined) throw new Error(`The firewall's counter can't be read: ${text}`);
      return Number(packets);
    },
    async setInbound(rule) {
      await inSite('nft', 'flush', 'chain', 'inet', 'firewall', 'from_cloud');
      const verdict = rule === 'dropped' ? ['counter', 'name', 'dropped_inbound', 'drop'] : ['accept'];
      await inSite('nft', 'add', 'rule', 'inet', 'firewall', 'from_cloud', ...verdict);
    },
    stop,
  };
}
