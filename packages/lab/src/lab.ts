// The words of a lab: what is asked for (specs) and what is running (sites, hosts). Types only.

/** Wrong things a host can really have. Each shows in the command an operator would use; controls don't have it.
 * - `full-disk`: /srv/data is at least 95 % full
 * - `inodes-exhausted`: /srv/spool has no free inode
 * - `dead-service`: the first service of the host left its pid file but no process
 * - `cpu-hog`: a process takes about a quarter of one core (nice 19, throttled by itself)
 * - `memory-hog`: a process holds about 300 MB
 * - `expired-certificate`: the certificate in /etc/nginx/ssl ran out nine days before it was planted
 * - `unexpected-listener`: something listens on port 4444
 * - `old-package`: the package of the first service is 2.3.0 instead of 2.4.1 */
export type Fault =
  | 'full-disk'
  | 'inodes-exhausted'
  | 'dead-service'
  | 'cpu-hog'
  | 'memory-hog'
  | 'expired-certificate'
  | 'unexpected-listener'
  | 'old-package';

export const servicePorts = { shop: 8080, ledger: 8081, sessions: 8082, orders: 8083, metrics: 9100 } as const;
export type ServiceName = keyof typeof servicePorts;

export interface LabHostSpec {
  /** A host name: letters, digits, hyphens; at most 63 characters; unique in its site. */
  name: string;
  labels: Record<string, string>;
  faults: Fault[];
  /** In start order. Default: shop, metrics. */
  services?: ServiceName[];
}

export interface LabSiteSpec {
  name: string;
  hosts: LabHostSpec[];
  /** Hangs the hosts behind a network that exists already (see start-outbound-only-network). Default: one of its own. */
  network?: SiteNetwork;
}

export type LabKind = 'openssh' | 'simulated';

export interface Lab {
  /** `simulated` hosts speak real SSH but only model what they answer. */
  kind: LabKind;
  sites: LabSite[];
  /** Ends every process of the lab and releases the state directory. Never rejects for a host that is gone already. */
  stop(): Promise<void>;
}

export interface LabSite {
  name: string;
  hosts: LabHost[];
  /** OpenSSH private key, mode 0600, that every host of the site accepts. */
  clientKeyPath: string;
  /** OpenSSH known_hosts: `[address]:port ssh-ed25519 …` for every host (and `address …` where the port is 22). */
  knownHostsPath: string;
  /** Argument prefix that runs a program inside the site's network; empty where hosts share the machine's network. */
  enter: string[];
  /** Makes an address of the cloud reachable from inside the site, as the site's only way out: at 127.0.0.1, with the
   * target's own port where that is free there. */
  uplink(target: SocketAddress): Promise<Uplink>;
  /** Makes an address of the site reachable at 127.0.0.1 of the caller: for tests that stand outside. Never for products. */
  inlet(target: SocketAddress): Promise<Uplink>;
}

export interface LabHost {
  name: string;
  address: string;
  port: number;
  user: string;
  /** `SHA256:…` of the ed25519 host key, as ssh-keygen -l prints it. */
  hostKey: string;
  labels: Record<string, string>;
  faults: Fault[];
  /** Power-cycles the host (also starts a stopped one) and resolves when sshd listens again. New boot id, same disk. */
  reboot(): Promise<void>;
  /** Pulls the plug. */
  stop(): Promise<void>;
  /** Pulls or plugs the network cable; connections hang as they do when a switch dies. */
  setLink(state: 'up' | 'down'): Promise<void>;
  /** What sshd has logged (level VERBOSE) since the lab started. */
  sshdLog(): Promise<string>;
}

export interface SocketAddress {
  host: string;
  port: number;
}

/** Where the target of an uplink is found by those inside the site (of an inlet: by those outside). */
export interface Uplink extends SocketAddress {
  close(): Promise<void>;
}

/** A network namespace with a bridge that hosts hang on, alive as long as its holder process. */
export interface SiteNetwork {
  /** Argument prefix: the network only (and the user namespace where there is one). */
  enter: string[];
  /** Argument prefix: network and the private mount namespace that keeps the hosts' disks. */
  enterWithMounts: string[];
  holderPid: number;
  /** First two bytes of its addresses, e.g. `10.40`; the bridge has `.0.1/16`. */
  prefix: string;
  uplink(target: SocketAddress): Promise<Uplink>;
  inlet(target: SocketAddress): Promise<Uplink>;
  stop(): Promise<void>;
}
