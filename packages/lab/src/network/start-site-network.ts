// The network of one lab site: a bridge that its hosts hang on and no road in or out, except the uplinks that are asked for.
// Entered by start-lab.
import type { SiteNetwork, SocketAddress } from '../lab.ts';
import { holdNetwork } from './hold-network.ts';
import { connectHere, keepUplinks, serveInlet, serveUplink } from './serve-uplink.ts';
import { type SocketAgent, startSocketAgent } from './socket-agent.ts';

/** `prefix`: the first two bytes of its addresses, e.g. `10.40`. */
export async function startSiteNetwork(privilege: 'root' | 'user', prefix: string): Promise<SiteNetwork> {
  const network = await holdNetwork(privilege, `${prefix}.0.1/16`);
  let started: SocketAgent | null = null;
  const agent = () => {
    started ??= startSocketAgent(network.enter);
    return started;
  };
  const uplinks = keepUplinks();
  const openUplink = async (target: SocketAddress) => {
    const { server, port } = await agent().listen(target.port);
    return serveUplink(server, port, () => connectHere(target));
  };
  return {
    enter: network.enter,
    enterWithMounts: network.enterWithMounts,
    holderPid: network.holderPid,
    prefix,
    uplink: (target) => uplinks.keep(openUplink(target)),
    inlet: (target) => uplinks.keep(serveInlet(() => agent().connect(target))),
    async stop() {
      await uplinks.closeAll();
      await started?.stop();
      await network.stop();
    },
  };
}
