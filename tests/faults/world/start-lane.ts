// One site of a world: its nodes, its satellite or its two, and a proxy of ours on every way between them and the cloud. Entered by
// start-world, once a lane. Faults of different lanes don't meet.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { JoinToken, Node, Site } from '@sena/contracts/http/fleet';
import type { LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { eventually } from '@sena/testing/eventually';
import { equipNode, type NodeDisk } from '../node/equip-node.ts';
import { type HttpProxy, startHttpProxy } from '../proxies/start-http-proxy.ts';
import { startTcpProxy, type TcpProxy } from '../proxies/start-tcp-proxy.ts';
import { startTunnelProxy, type TunnelProxy } from '../proxies/start-tunnel-proxy.ts';
import { type FaultySatellite, startFaultySatellite } from '../satellite/start-faulty-satellite.ts';
import type { Libraries } from './build-libraries.ts';
import type { CloudApi } from './call-cloud.ts';

export interface LaneNode {
  readonly name: string;
  readonly host: LabHost;
  /** It can't hold a guard: the plain rule holds there. */
  readonly isPlain: boolean;
  /** Between the satellites and this node's sshd. */
  readonly ssh: TcpProxy;
  /** A command on the node, past SENA and past the proxy. */
  look(command: string): Promise<string>;
  /** Of what runs there from now on, past what is told of effects. False: it can't be set. */
  setClock(offsetMs: number): Promise<boolean>;
  /** What its guard syncs is kept apart; null: it holds no guard, or that can't be done here. */
  readonly disk: NodeDisk | null;
}

export interface TunnelledSatellite {
  readonly satellite: FaultySatellite;
  readonly tunnel: TunnelProxy;
}

export interface Lane extends TunnelledSatellite {
  readonly name: string;
  readonly selector: string;
  readonly nodes: readonly LaneNode[];
  /** Between the lane's client and the API. */
  readonly client: HttpProxy;
  /** As that client calls it. */
  readonly api: CloudApi;
  /** The other one of the site, where there are two. */
  readonly partner: TunnelledSatellite | null;
}

export function isLaneUp({ tunnel, partner }: Lane): boolean {
  return tunnel.isUp() && (partner === null || partner.tunnel.isUp());
}

interface LaneParts {
  readonly name: string;
  readonly site: LabSite;
  readonly hosts: readonly LabHost[];
  readonly cloud: {
    readonly api: CloudApi;
    readonly stack: { readonly frontUrl: string };
    apiAt(url: string): CloudApi;
  };
  readonly directory: string;
  readonly libraries: Libraries | null;
  readonly isPaired: boolean;
  readonly stops: Array<() => Promise<unknown>>;
}

export async function startLane(parts: LaneParts): Promise<Lane> {
  const { name, site, hosts, stops } = parts;
  const { api } = parts.cloud;
  const client = await startHttpProxy({ host: '127.0.0.1', port: Number(new URL(parts.cloud.stack.frontUrl).port) });
  stops.push(() => client.stop());
  const { id: siteId } = await api.post<Site>('/v1/sites', { name });
  const nodes: LaneNode[] = [];
  for (const [index, host] of hosts.entries()) {
    const inlet = await site.inlet({ host: host.address, port: host.port });
    const ssh = await startTcpProxy(inlet);
    stops.push(() => ssh.stop());
    await api.post<Node>('/v1/nodes', {
      ...{ name: host.name, siteId, address: '127.0.0.1', port: ssh.port },
      ...{ runAs: host.user, hostKey: host.hostKey, labels: { lane: name } },
    });
    // One that is just being restarted is looked at when it is back.
    const look = (command: string) =>
      eventually(
        `${host.name} can be looked at`,
        async () => ({ said: (await runOnHost(site, host, command, 20_000)).stdout }),
        { timeoutMs: 60_000, everyMs: 200 },
      ).then(({ said }) => said);
    await look('head -c 3000 /dev/urandom > /srv/small; head -c 10485760 /dev/urandom > /srv/large; : > /srv/effects');
    // Every other one: a run meets both.
    const isPlain = index % 2 === 1;
    if (isPlain) await look('rm -rf /var/lib/sena && touch /var/lib/sena');
    nodes.push({
      name: host.name,
      host,
      isPlain,
      ssh,
      look,
      ...(await equipNode({ host, isPlain, look }, parts.libraries)),
    });
  }
  const first = await startTunnelled(name, siteId, parts);
  const partner = parts.isPaired ? await startTunnelled(`${name}-partner`, siteId, parts) : null;
  return { name, selector: `lane=${name}`, nodes, client, api: parts.cloud.apiAt(client.url), ...first, partner };
}

async function startTunnelled(name: string, siteId: string, parts: LaneParts): Promise<TunnelledSatellite> {
  const { cloud, site, stops } = parts;
  const tunnel = await startTunnelProxy(`${cloud.stack.frontUrl.replace(/^http/, 'ws')}/v1/tunnel`);
  stops.push(() => tunnel.stop());
  const { token, dispatchKeyFingerprint } = await eventually(
    'there is a join token',
    () => cloud.api.post<JoinToken>(`/v1/sites/${siteId}/join-tokens`, {}),
    { timeoutMs: 20_000, everyMs: 100 },
  );
  const directory = path.join(parts.directory, name);
  await mkdir(directory, { mode: 0o700 });
  const satellite = await startFaultySatellite({
    ...{ name, directory, url: cloud.stack.frontUrl, token, pin: dispatchKeyFingerprint, tunnelUrl: tunnel.url },
    powerLossLibrary: parts.libraries?.powerLoss ?? null,
    config: {
      credentials: { default: { privateKeyFile: site.clientKeyPath } },
      limits: { connectionIdleMs: 20_000 },
    },
  });
  stops.push(() => satellite.stop());
  return { satellite, tunnel };
}
