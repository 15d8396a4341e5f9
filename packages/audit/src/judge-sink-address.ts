// Where audit records may be sent: not into SENA's own network, unless its operator names the host. Pure; names are resolved and judged
// again where they are connected to.
import { isIP } from 'node:net';
import { isPublicAddress } from '@sena/contracts/public-address';

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
