// Where audit records may be sent: not into SENA's own network, unless its operator names the host. Pure; names are resolved and judged
// again where they are connected to.
import { BlockList, isIP } from 'node:net';

export type SinkAddress =
  | { readonly kind: 'webhook'; readonly url: URL; readonly isPrivateAllowed: boolean }
  | {
      readonly kind: 'syslog';
      readonly host: string;
      readonly port: number;
      readonly isEncrypted: boolean;
      readonly isPrivateAllowed: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string };

const notPublic = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  notPublic.addSubnet(network, bits, 'ipv4');
/** Of IPv6 only this is given out to the public, and of it some is not. */
const publicV6 = new BlockList();
publicV6.addSubnet('2000::', 3, 'ipv6');
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  notPublic.addSubnet(network, bits, 'ipv6');

/** False also for what is no address. Addresses that carry an IPv4 one inside (mapped, 6to4, NAT64) are not public. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublic.check(address, 'ipv4');
    case 6:
      return publicV6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
    default:
      return false;
  }
}

/** `privateHosts`: names and addresses that SENA's operator allows, as they stand in the address. */
export function judgeSinkAddress(
  kind: 'webhook' | 'syslog',
  address: string,
  privateHosts: ReadonlySet<string>,
): SinkAddress {
  const url = URL.parse(address);
  if (url === null) return refuse('It is not an address like https://collector.example.com/audit.');
  if (url.username !== '' || url.password !== '')
    return refuse('It holds credentials. Leave them out: a webhook is signed.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isPrivateAllowed = privateHosts.has(host);
  if (isIP(host) !== 0 && !isPublicAddress(host) && !isPrivateAllowed)
    return refuse(`${host} is not a public address. SENA's operator may allow it: AUDIT_SINK_PRIVATE_HOSTS.`);
  if (kind === 'webhook') {
    if (url.protocol === 'https:' || (url.protocol === 'http:' && isPrivateAllowed))
      return { kind, url, isPrivateAllowed };
    return refuse('A webhook has an https:// address.');
  }
  if (host === '' || url.port === '' || !['', '/'].includes(url.pathname) || url.search !== '')
    return refuse('Syslog has an address like syslog+tls://logs.example.com:6514.');
  const port = Number(url.port);
  if (url.protocol === 'syslog+tls:') return { kind, host, port, isEncrypted: true, isPrivateAllowed };
  if (url.protocol === 'syslog+tcp:') return { kind, host, port, isEncrypted: false, isPrivateAllowed };
  return refuse('Syslog is spoken over syslog+tls:// or syslog+tcp://.');
}

function refuse(reason: string): SinkAddress {
  return { kind: 'refused', reason };
}
