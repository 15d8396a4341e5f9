// Real sshd, as many addresses as hosts are wanted: one sshd listens on at most 16, so several are started on 127.0.x.y. Key
// authentication, no PAM, room for many logins at once, a user of its own. Adds that user and removes it; needs root.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSshKey } from '@sena/lab/state/make-ssh-key';
import { leaveNothing } from './leave-nothing.ts';

const addressesASshd = 16;
const user = 'sena-benchmark';
const startMs = 20_000;

export interface SshdFleet {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly user: string;
  /** OpenSSH private key without a passphrase, readable by root alone. */
  readonly keyFile: string;
  /** One address a line, for the baseline runners. */
  readonly hostsFile: string;
  /** Every host, as OpenSSH writes it. */
  readonly knownHosts: string;
  stop(): Promise<void>;
}

export async function startSshdFleet(hosts: number, parent: string): Promise<SshdFleet> {
  if (process.getuid?.() !== 0) throw new Error('Real sshd hosts need root: run the benchmark as root.');
  const directory = path.join(parent, 'sshd');
  await mkdir(directory, { mode: 0o755 });
  const hostKey = makeSshKey('benchmark host');
  const userKey = makeSshKey('benchmark user');
  const file = async (name: string, text: string, mode: number) => {
    const full = path.join(directory, name);
    await writeFile(full, text, { mode });
    return full;
  };
  const hostKeyFile = await file('host_key', hostKey.privateKey, 0o600);
  const keyFile = await file('user_key', userKey.privateKey, 0o600);
  const authorizedKeys = await file('authorized_keys', `${userKey.publicKey}\n`, 0o644);
  addUser(directory);
  const sshd: ChildProcess[] = [];
  const stop = leaveNothing(async () => {
    for (const child of sshd) child.kill('SIGTERM');
    await Promise.all(
      sshd.filter((child) => child.exitCode === null && child.signalCode === null).map((child) => once(child, 'exit')),
    );
    // Sessions are processes of their own; none may be left when their user goes.
    for (let attempt = 0; attempt < 50 && hasProcesses(); attempt += 1) await sleep(200);
    execFileSync('userdel', [user], { stdio: 'ignore' });
  });
  // sshd wants it to exist, and empty.
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const addresses = Array.from(
    { length: hosts },
    (_, index) => `127.0.${1 + Math.floor(index / 200)}.${1 + (index % 200)}`,
  );
  const port = await freePortOn(addresses);
  try {
    for (let first = 0; first < addresses.length; first += addressesASshd) {
      const own = addresses.slice(first, first + addressesASshd);
      const config = await file(
        `sshd_config_${first}`,
        sshdConfig(own, { port, hostKeyFile, authorizedKeys, pidFile: path.join(directory, `sshd_${first}.pid`) }),
        0o644,
      );
      // It ends with the benchmark, however that ends.
      const tied = ['--pdeathsig', 'TERM', '/usr/sbin/sshd', '-D', '-e', '-f', config];
      sshd.push(spawn('setpriv', tied, { stdio: ['ignore', 'ignore', 'ignore'] }));
    }
    const deadlineMs = performance.now() + startMs;
    for (const address of addresses) await untilItListens(address, port, deadlineMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ addresses, port, user, keyFile, stop },
    hostsFile: await file('hosts', `${addresses.join('\n')}\n`, 0o644),
    knownHosts: addresses.map((address) => `[${address}]:${port} ${hostKey.publicKey}\n`).join(''),
  };
}

function sshdConfig(
  addresses: readonly string[],
  files: { port: number; hostKeyFile: string; authorizedKeys: string; pidFile: string },
): string {
  return [
    `Port ${files.port}`,
    ...addresses.map((address) => `ListenAddress ${address}`),
    `HostKey ${files.hostKeyFile}`,
    `AuthorizedKeysFile ${files.authorizedKeys}`,
    `PidFile ${files.pidFile}`,
    `AllowUsers ${user}`,
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    // Its keys lie below a directory that everybody may write to.
    'StrictModes no',
    'MaxStartups 2000:30:4000',
    'MaxSessions 1000',
    'PrintMotd no',
    'LogLevel ERROR',
    '',
  ].join('\n');
}

function addUser(home: string): void {
  try {
    execFileSync('userdel', [user], { stdio: 'ignore' });
  } catch {
    // There is none: the usual case.
  }
  // `*`: no password, and not locked either, which sshd without PAM would refuse.
  execFileSync('useradd', [
    '--system',
    '--no-create-home',
    '--home-dir',
    home,
    '--shell',
    '/bin/sh',
    '--password',
    '*',
    user,
  ]);
}

function hasProcesses(): boolean {
  try {
    return execFileSync('ps', ['-o', 'pid=', '-u', user], { encoding: 'utf8' }).trim() !== '';
  } catch {
    return false; // ps finds none
  }
}

async function freePortOn(addresses: readonly string[]): Promise<number> {
  for (let port = 2_222; port < 2_300; port += 1) {
    const isTaken = await Promise.all([addresses[0], addresses.at(-1)].map((address) => listens(address ?? '', port)));
    if (!isTaken.some(Boolean)) return port;
  }
  throw new Error('No port between 2222 and 2299 is free on 127.0.1.1.');
}

async function untilItListens(address: string, port: number, deadlineMs: number): Promise<void> {
  while (!(await listens(address, port))) {
    if (performance.now() > deadlineMs)
      throw new Error(`sshd does not listen on ${address}:${port}. Is another one there?`);
    await sleep(50);
  }
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
