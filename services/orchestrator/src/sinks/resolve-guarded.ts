// Names of sinks are resolved here, and what they resolve to is judged before it is connected to: the same addresses, so that a name which
// answers differently the second time gains nothing. Entered by webhook and syslog.
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from '@sena/contracts/public-address';

export class SinkError extends Error {
  override readonly name = 'SinkError';
}

/** For `net.connect` and the like. `isPrivateAllowed`: SENA's operator has named this host. */
export function guardedLookup(isPrivateAllowed: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { all: true }).then(
      (addresses) => {
        const inside = addresses.find(({ address }) => !isPublicAddress(address));
        const [first] = addresses;
        if (first === undefined) return callback(new SinkError(`${hostname} has no address.`), '');
        if (inside !== undefined && !isPrivateAllowed) {
          const reason = `${hostname} resolves to ${inside.address}, which is not public. SENA's operator may allow it: AUDIT_SINK_PRIVATE_HOSTS.`;
          return callback(new SinkError(reason), '');
        }
        if (options.all) return callback(null, addresses);
        callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}
