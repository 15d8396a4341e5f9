// The satellite's pool of SSH connections in a process of its own, and nothing else of it: opens some more whenever it is told to, runs a
// command over each, keeps them, and says how much memory it has then. Started by the row ssh-connections; ends with its parent.
import { setTimeout as sleep } from 'node:timers/promises';
import { compileAllowedAddresses } from '@sena/satellite/config/allowed-addresses';
import { readCredential } from '@sena/satellite/config/read-credential';
import { openKnownHosts } from '@sena/satellite/ssh/known-hosts';
import { createSshPool } from '@sena/satellite/ssh/ssh-pool';

export interface SshConnectionsSettings {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** It is measured when so many are kept. */
  readonly counts: readonly number[];
}

export interface MemoryOfConnections {
  readonly kept: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
}

const together = 10;
const idleMs = 600_000;

process.on('disconnect', () => process.exit(0));
process.once('message', (settings: SshConnectionsSettings) => {
  measure(settings).then(
    (found) => process.send?.(found),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function measure(settings: SshConnectionsSettings): Promise<MemoryOfConnections[]> {
  const { addresses, port, user, keyFile, knownHostsFile, counts } = settings;
  const pool = createSshPool({
    knownHosts: openKnownHosts(knownHostsFile),
    allowedAddresses: compileAllowedAddresses(undefined),
    readCredential: (name) => readCredential({ default: { privateKeyFile: keyFile } }, {}, name),
    connectTimeoutMs: 30_000,
    idleMs,
    idleConnectionsMax: addresses.length,
  });
  const open = async (address: string) => {
    const lease = await pool.acquire({ address, port, user, credential: 'default', hostKey: null });
    if (lease.kind === 'refused') throw new Error(lease.detail);
    await new Promise<void>((resolve, reject) => {
      lease.connection.client.exec('uname -a', (error, channel) => {
        if (error) return reject(error);
        channel.once('close', () => resolve());
        channel.resume();
        channel.stderr.resume();
      });
    });
    lease.release();
  };
  const found: MemoryOfConnections[] = [];
  let kept = 0;
  for (const count of counts) {
    for (; kept < count; kept = Math.min(count, kept + together))
      await Promise.all(addresses.slice(kept, Math.min(count, kept + together)).map(open));
    if (pool.openConnections() !== count) throw new Error(`${pool.openConnections()} are kept, not ${count}.`);
    found.push({ kept: count, ...(await memory()) });
  }
  return found;
}

async function memory(): Promise<Omit<MemoryOfConnections, 'kept'>> {
  if (globalThis.gc === undefined) throw new Error('Start it with --expose-gc.');
  for (let round = 0; round < 4; round += 1) {
    await sleep(250);
    globalThis.gc();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { residentBytes: rss, heapBytes: heapUsed, externalBytes: external };
}
