// Entered by enrol and connect-once: which addresses of the cloud may be spoken to. Pure.
import { isIP } from 'node:net';
import { OperatorError } from '../config/operator-error.ts';

/** TLS always; without it only to this very machine. Throws `OperatorError`. */
export function checkCloudAddress(address: string, schemes: { secure: string; plain: string }): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new OperatorError(
      `${JSON.stringify(address)} is not an address. Give one like ${schemes.secure}//sena.example.com`,
    );
  }
  if (url.username !== '' || url.password !== '')
    throw new OperatorError('Leave user and password out of the address.');
  if (url.protocol === schemes.secure) return url;
  if (url.protocol === schemes.plain && isLoopback(url.hostname)) return url;
  throw new OperatorError(
    `${url.origin} would be spoken to without TLS. Use ${schemes.secure}//${url.host} (${schemes.plain}// is for this machine alone).`,
  );
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
