// What makes a host the same host from one start to the next: its ed25519 host key and its certificate. Kept as one file
// a host (mode 0600), made once. Entered by start-lab for hosts of both kinds.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type IssuedCertificate, issueCertificate } from './issue-certificate.ts';
import { makeSshKey } from './make-ssh-key.ts';

const dayMs = 86_400_000;

export interface HostIdentity {
  /** OpenSSH format. */
  hostPrivateKey: string;
  /** `ssh-ed25519 AAAA…` */
  hostPublicKey: string;
  valid: IssuedCertificate;
  expired: IssuedCertificate;
}

export async function keepHostIdentity(directory: string, site: string, host: string): Promise<HostIdentity> {
  const path = join(directory, site, `${host}.json`);
  const kept = await readIfThere(path);
  if (kept !== null) return JSON.parse(kept) as HostIdentity;
  const now = Date.now();
  const key = makeSshKey(host);
  const identity: HostIdentity = {
    hostPrivateKey: key.privateKey,
    hostPublicKey: key.publicKey,
    valid: issueCertificate(`${host}.lab`, new Date(now - 30 * dayMs), new Date(now + 5 * 365 * dayMs)),
    expired: issueCertificate(`${host}.lab`, new Date(now - 374 * dayMs), new Date(now - 9 * dayMs)),
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, JSON.stringify(identity), { mode: 0o600 });
  return identity;
}

/** The key that a site's satellites log in with; made once. Returns the public key line. */
export async function keepClientKey(path: string): Promise<string> {
  const kept = await readIfThere(`${path}.pub`);
  if (kept !== null) return kept.trim();
  const key = makeSshKey('satellite');
  await writeFile(path, key.privateKey, { mode: 0o600 });
  await writeFile(`${path}.pub`, `${key.publicKey}\n`, { mode: 0o644 });
  return key.publicKey;
}

/** As ssh-keygen -l prints it. */
export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
