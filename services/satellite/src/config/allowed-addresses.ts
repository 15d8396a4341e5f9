// Entered before every new SSH connection: which addresses of the site the cloud may name at all. Pure.
import { BlockList, isIP } from 'node:net';
import { OperatorError } from './operator-error.ts';

export type AllowedAddresses = {
  /** `name` is what the envelope says, `ip` what it resolved to. */
  allows(name: string, ip: string): boolean;
};

/** Absent list: everything. Throws `OperatorError` for an entry that is neither an address, a range nor a name. */
export function compileAllowedAddresses(entries: readonly string[] | undefined): AllowedAddresses {
  if (entries === undefined) return { allows: () => true };
  const ranges = new BlockList();
  const names = new Set<string>();
  const suffixes: string[] = [];
  for (const entry of entries) {
    const [address = '', bits, ...more] = entry.split('/');
    if (more.length > 0) throw wrongEntry(entry);
    const version = isIP(address);
    if (version !== 0) addRange(ranges, entry, address, bits, version === 6 ? 'ipv6' : 'ipv4');
    else if (/^\*\.[a-zA-Z0-9.-]+$/.test(entry)) suffixes.push(entry.slice(1).toLowerCase());
    else if (/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(entry)) names.add(entry.toLowerCase());
    else throw wrongEntry(entry);
  }
  return {
    allows(name, ip) {
      const wanted = name.toLowerCase();
      if (names.has(wanted) || (isIP(name) === 0 && suffixes.some((suffix) => wanted.endsWith(suffix)))) return true;
      return ranges.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

function addRange(
  ranges: BlockList,
  entry: string,
  address: string,
  bits: string | undefined,
  family: 'ipv4' | 'ipv6',
) {
  if (bits === undefined) {
    ranges.addAddress(address, family);
    return;
  }
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix <= (family === 'ipv6' ? 128 : 32))) throw wrongEntry(entry);
  ranges.addSubnet(address, prefix, family);
}

function wrongEntry(entry: string): OperatorError {
  return new OperatorError(
    `allowedAddresses: ${JSON.stringify(entry)} is neither an address, a range like 10.0.0.0/8, a name nor *.suffix.`,
  );
}
