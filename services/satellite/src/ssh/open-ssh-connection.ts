// Entered by the pool: one authenticated connection to one node, or the reason why there is none. The host key is judged
// before anything else is said to the node; there is no way around it. Every step has a time limit.
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { Client, type ConnectConfig } from 'ssh2';
import type { AllowedAddresses } from '../config/allowed-addresses.ts';
import type { OpenedCredential } from '../config/read-credential.ts';
import { type HostKeyVerdict, judgeHostKey } from './judge-host-key.ts';
import { hostKeyType, type KnownHosts } from './known-hosts.ts';
import { algorithmsFor } from './ssh-algorithms.ts';

const keepaliveIntervalMs = 10_000;
const keepaliveMissesMax = 3;
/** A connection of which nothing was heard for this long is closed. */
export const deadAfterMs = keepaliveIntervalMs * (keepaliveMissesMax + 1);
/** Addresses of one name that are tried. */
const addressesMax = 4;

export type SshTarget = {
  address: string;
  port: number;
  user: string;
  credential: string;
  /** `SHA256:…` from the signed envelope, or null. */
  hostKey: string | null;
};

export type SshSettings = {
  knownHosts: KnownHosts;
  allowedAddresses: AllowedAddresses;
  readCredential(name: string): OpenedCredential;
  connectTimeoutMs: number;
};

export type ConnectionRefusal = {
  kind: 'refused';
  reason:
    | 'node_unreachable'
    | 'host_key_mismatch'
    | 'host_key_unknown'
    | 'login_failed'
    | 'credential_missing'
    | 'address_not_allowed';
  /** A sentence for people. */
  detail: string;
};

export type SshConnection = {
  kind: 'open';
  client: Client;
  isClosed(): boolean;
  /** ` (ECONNRESET)`, or nothing where the other end closed it in order. */
  whyClosed(): string;
  /** At most once, when the connection is gone for whatever reason. */
  onClose(listener: () => void): void;
  close(): void;
};

/** Never rejects for what the network or the node does. */
export async function openSshConnection(
  target: SshTarget,
  settings: SshSettings,
): Promise<SshConnection | ConnectionRefusal> {
  const credential = settings.readCredential(target.credential);
  if (credential.kind === 'missing') return refuse('credential_missing', credential.detail);
  const socket = await openSocket(target, settings);
  if ('kind' in socket) return socket;
  return await logIn(socket, target, credential, settings);
}

async function openSocket(target: SshTarget, settings: SshSettings): Promise<Socket | ConnectionRefusal> {
  const { address, port } = target;
  const { connectTimeoutMs, allowedAddresses } = settings;
  let ips: string[];
  try {
    ips = isIP(address) === 0 ? await resolveName(address, connectTimeoutMs) : [address];
  } catch (error) {
    const problem = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return refuse('node_unreachable', `The name ${address} can't be resolved at the site (${problem}).`);
  }
  // Checked after the name is resolved, and the checked address is the one that is dialled.
  const allowed = ips.filter((ip) => allowedAddresses.allows(address, ip));
  if (allowed.length === 0) {
    return refuse('address_not_allowed', `${address} is not among the allowedAddresses of the satellite.`);
  }
  let problem = '';
  for (const ip of allowed.slice(0, addressesMax)) {
    try {
      return await dial(ip, port, connectTimeoutMs);
    } catch (error) {
      problem = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    }
  }
  return refuse('node_unreachable', `No connection to ${address}:${port} (${problem}).`);
}

async function resolveName(name: string, timeoutMs: number): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    const found = await Promise.race([lookup(name, { all: true }), limit]);
    return found.map((entry) => entry.address);
  } finally {
    clearTimeout(timer);
  }
}

function dial(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Small writes follow each other: with Nagle's algorithm each second one would wait for 40 ms.
    const socket = connectTcp({ host, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function logIn(
  socket: Socket,
  target: SshTarget,
  credential: Exclude<OpenedCredential, { kind: 'missing' }>,
  settings: SshSettings,
): Promise<SshConnection | ConnectionRefusal> {
  const { address, port, user } = target;
  const known = settings.knownHosts.find(address, port);
  const client = new Client();
  let verdict: HostKeyVerdict | null = null;
  let isClosed = false;
  const listeners: Array<() => void> = [];

  const config: ConnectConfig = {
    sock: socket,
    username: user,
    ...(credential.kind === 'agent' ? { agent: credential.socket } : { privateKey: credential.privateKey }),
    // Never a password, never keyboard-interactive.
    authHandler: [credential.kind === 'agent' ? 'agent' : 'publickey'],
    algorithms: algorithmsFor(new Set(known.trusted.map(hostKeyType))),
    hostVerifier(key: Buffer): boolean {
      verdict = judgeHostKey(key, { address, port, known, expected: target.hostKey });
      return verdict.kind === 'trusted';
    },
    readyTimeout: settings.connectTimeoutMs,
    keepaliveInterval: keepaliveIntervalMs,
    keepaliveCountMax: keepaliveMissesMax,
  };

  return new Promise((resolve) => {
    let problem: (Error & { level?: string }) | null = null;
    client.on('error', (error) => {
      problem ??= error;
    });
    client.on('close', () => {
      isClosed = true;
      resolve(explain(target, verdict, problem));
      for (const listener of listeners.splice(0)) listener();
    });
    client.once('ready', () => {
      resolve({
        kind: 'open',
        client,
        isClosed: () => isClosed,
        whyClosed: () => (problem === null ? '' : ` (${problem.message})`),
        onClose: (listener) => (isClosed ? listener() : listeners.push(listener)),
        // `destroy` and not only `end`: a node that no longer answers must not keep the socket.
        close: () => {
          client.end();
          setTimeout(() => client.destroy(), 1_000).unref();
        },
      });
    });
    // ssh2 throws for a key it can't read, among others.
    try {
      client.connect(config);
    } catch (error) {
      socket.destroy();
      resolve(
        refuse(
          'credential_missing',
          `Credential "${target.credential}" can't be used: ${(error as Error).message}. Give an OpenSSH private key without passphrase.`,
        ),
      );
    }
    setTimeout(() => {
      // The time limit of ssh2 destroys the socket too; this one is for the case that it does not.
      if (!isClosed && client.listenerCount('ready') > 0) client.destroy();
    }, settings.connectTimeoutMs + 1_000).unref();
  });
}

function explain(
  { address, port, user, credential }: SshTarget,
  verdict: HostKeyVerdict | null,
  problem: (Error & { level?: string }) | null,
): ConnectionRefusal {
  if (verdict?.kind === 'refused') return refuse(verdict.reason, verdict.detail);
  if (problem?.level === 'client-authentication') {
    return refuse(
      'login_failed',
      `${user}@${address}:${port} does not accept credential "${credential}". Put its public key into authorized_keys there.`,
    );
  }
  if (problem?.level === 'agent') {
    return refuse('credential_missing', `The agent of credential "${credential}" does not answer on the satellite.`);
  }
  if (problem !== null && /no matching/i.test(problem.message)) {
    return refuse(
      'node_unreachable',
      `${address}:${port} offers no algorithm that SENA accepts (${problem.message}). Update its sshd.`,
    );
  }
  const what = problem === null ? 'it closed the connection before the login' : problem.message;
  return refuse('node_unreachable', `${address}:${port} answered, but the SSH handshake failed: ${what}.`);
}

function refuse(reason: ConnectionRefusal['reason'], detail: string): ConnectionRefusal {
  return { kind: 'refused', reason, detail: detail.slice(0, 500) };
}
