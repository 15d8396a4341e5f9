// Entered before every connection to a node: which host keys this site trusts. Reads the customer's known_hosts file (as
// OpenSSH writes it, hashed names included); only `trust` adds to it.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export type KnownHostKeys = {
  /** Keys in SSH wire form, for this address and port. */
  trusted: Buffer[];
  revoked: Buffer[];
};

export type KnownHosts = {
  /** Reads the file again when it has changed. A missing file knows nobody. Throws when it can't be read. */
  find(address: string, port: number): KnownHostKeys;
};

type Line = { patterns: string[]; key: Buffer; isRevoked: boolean };

export function openKnownHosts(file: string): KnownHosts {
  let index = indexLines([]);
  let readState = '';

  function refresh(): void {
    const stat = statSync(file, { throwIfNoEntry: false });
    const state = stat === undefined ? 'none' : `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
    if (state === readState) return;
    index = indexLines(stat === undefined ? [] : parseKnownHosts(readFileSync(file, 'utf8')));
    readState = state;
  }

  return {
    find(address, port) {
      refresh();
      const names = hostNames(address, port);
      const named = new Set(names.flatMap((name) => index.byName.get(name) ?? []));
      const matching = [...named, ...index.others.filter((line) => matchesAny(line.patterns, names))];
      return {
        trusted: matching.filter((line) => !line.isRevoked).map((line) => line.key),
        revoked: matching.filter((line) => line.isRevoked).map((line) => line.key),
      };
    },
  };
}

/** `SHA256:…`, as `ssh-keygen -lf` prints it. */
export function hostKeyFingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** `ssh-ed25519`, …: the first string of the key. */
export function hostKeyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return key.subarray(4, 4 + length).toString('latin1');
}

/** Adds one line. The caller has the operator's consent. */
export function trustHostKey(file: string, address: string, port: number, key: Buffer): void {
  const [name] = hostNames(address, port);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  appendFileSync(file, `${name} ${hostKeyType(key)} ${key.toString('base64')}\n`, { mode: 0o600, flush: true });
}

/** OpenSSH writes the port only where it is not 22. */
function hostNames(address: string, port: number): [string, ...string[]] {
  const lower = address.toLowerCase();
  return port === 22 ? [lower, `[${lower}]:22`] : [`[${lower}]:${port}`];
}

function parseKnownHosts(text: string): Line[] {
  return text.split('\n').flatMap((raw): Line[] => {
    const fields = raw.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [hosts, type, base64] = fields;
    // Certificate authorities are not supported: such a line trusts nobody here.
    if (hosts === undefined || hosts.startsWith('#') || type === undefined || base64 === undefined) return [];
    if (marker !== undefined && marker !== '@revoked') return [];
    const key = Buffer.from(base64, 'base64');
    if (hostKeyType(key) !== type) return [];
    return [{ patterns: hosts.split(','), key, isRevoked: marker === '@revoked' }];
  });
}

/** Lines of plain names are found by name, so that thousands of them cost nothing; those of patterns and hashes are tried in turn. */
function indexLines(lines: readonly Line[]): { byName: Map<string, Line[]>; others: Line[] } {
  const byName = new Map<string, Line[]>();
  const others: Line[] = [];
  for (const line of lines) {
    if (line.patterns.some((pattern) => /[*?!|]/.test(pattern))) others.push(line);
    else
      for (const pattern of line.patterns) {
        const name = pattern.toLowerCase();
        const known = byName.get(name);
        if (known === undefined) byName.set(name, [line]);
        else known.push(line);
      }
  }
  return { byName, others };
}

function matchesAny(patterns: readonly string[], names: readonly string[]): boolean {
  const negated = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  if (names.some((name) => negated.some((pattern) => matchesPattern(pattern, name)))) return false;
  return names.some((name) => patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, name)));
}

function matchesPattern(pattern: string, name: string): boolean {
  if (pattern.startsWith('|1|')) return matchesHash(pattern, name);
  if (!/[*?]/.test(pattern)) return pattern.toLowerCase() === name;
  const expression = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`).test(name);
}

function matchesHash(pattern: string, name: string): boolean {
  const [, , salt = '', hash = ''] = pattern.split('|');
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
