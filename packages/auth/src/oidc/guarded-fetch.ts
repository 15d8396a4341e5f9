// Fetches what an organization's settings name, from SENA's own network: never from a private address, unless whoever runs SENA allowed
// that network. The address is judged when the connection is made, so that a name can't change its mind in between; nothing redirects.
import { lookup as lookUp } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SenaError } from '@sena/contracts/errors';
import { isPublicAddress } from '@sena/contracts/public-address';

const timeoutMs = 10_000;
const answerBytesMax = 512 * 1024;

export type GuardedFetch = (
  url: string,
  init?: { method?: string; headers?: Record<string, string>; body?: unknown },
) => Promise<Response>;

/** `allowed`: networks like `10.2.0.0/16` or `127.0.0.0/8`; plain http is for these alone. */
export function openGuardedFetch(allowed: readonly string[]): GuardedFetch {
  const allowedNetworks = networksOf(allowed);
  const mayReach = (address: string) => isIn(allowedNetworks, address) || isPublicAddress(address);

  const lookup: LookupFunction = (hostname, options, done) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '');
      const reachable = addresses.filter(({ address }) => mayReach(address));
      const [first] = reachable;
      if (first === undefined || reachable.length < addresses.length) return done(refusal(hostname), '');
      if (options.all) return done(null, reachable);
      return done(null, first.address, first.family);
    });
  };

  return (text, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(text);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      // No lookup happens for an address that is written out.
      if (isIP(host) !== 0 && !mayReach(host)) return reject(refusal(host));
      const isPlainAllowed = url.protocol === 'http:' && isIP(host) !== 0 && isIn(allowedNetworks, host);
      if (url.protocol !== 'https:' && !isPlainAllowed) return reject(refusal(host));
      const send = url.protocol === 'https:' ? requestHttps : requestHttp;
      const body = init.body === undefined || init.body === null ? undefined : String(init.body);
      const sent = send(
        url,
        { method: init.method ?? 'GET', headers: { ...init.headers }, lookup, signal: AbortSignal.timeout(timeoutMs) },
        (answer) => {
          const pieces: Buffer[] = [];
          let bytes = 0;
          answer.on('data', (piece: Buffer) => {
            bytes += piece.length;
            if (bytes > answerBytesMax) answer.destroy(new Error(`the answer has more than ${answerBytesMax} bytes`));
            else pieces.push(piece);
          });
          answer.once('error', reject);
          answer.once('end', () => {
            const headers = new Headers();
            for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
            const status = answer.statusCode ?? 500;
            const hasBody = status !== 204 && status !== 304;
            resolve(new Response(hasBody ? Buffer.concat(pieces) : null, { status, headers }));
          });
        },
      );
      sent.once('error', reject);
      sent.end(body);
    });
}

function refusal(host: string): SenaError {
  return new SenaError(
    'validation_failed',
    'The provider has to be reached by https at a public address. Whoever runs SENA can allow a network of your own with SIGN_IN_PROVIDER_NETWORKS.',
    { cause: `${host} is private or not https`, fields: [{ path: 'issuer', message: 'can not be reached from here' }] },
  );
}

function networksOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}

/** An IPv4 address inside an IPv6 one is judged as the IPv4 address that it is. */
function isIn(list: BlockList, address: string): boolean {
  if (isIP(address) === 4) return list.check(address, 'ipv4');
  return list.check(address, 'ipv6');
}
