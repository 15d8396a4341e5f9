// One simulated host: an SSH server of its own over a model. Entered by simulated-main. Logs in ed25519 keys that the site
// accepts, runs commands, offers nothing else (no shell, no sftp, no forwarding).
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { LabHostSpec } from '../lab.ts';
import { bootHost, createHostModel, type HostCertificates, killProcess, startProcess } from './host-model.ts';
import { runShell } from './run-shell.ts';

export interface SimulatedHostOptions {
  spec: LabHostSpec;
  hostPrivateKey: string;
  certificates: HostCertificates;
  /** Public key line that may log in. */
  clientKey: string;
  /** Where it was found before; another one is taken where that is in use by now. 0: any. */
  port: number;
}

export interface SimulatedHost {
  port: number;
  reboot(): void;
  stop(): void;
  setLink(state: 'up' | 'down'): void;
  log(): string;
}

const address = '127.0.0.1';
const logBytesMax = 200_000;

export async function serveSimulatedHost(options: SimulatedHostOptions): Promise<SimulatedHost> {
  const host = createHostModel(options.spec, address, options.certificates);
  const allowed = ssh2.utils.parseKey(options.clientKey);
  if (allowed instanceof Error) throw allowed;
  let log = '';
  const note = (line: string) => {
    log = `${log}${line}\n`.slice(-logBytesMax);
  };
  let power: 'on' | 'off' = 'on';
  let link: 'up' | 'down' = 'up';
  const sockets = new Set<Socket>();
  /** Commands under way, by the process id of their shell. */
  const running = new Map<number, AbortController>();

  const run = async (command: string, channel: ssh2.ServerChannel) => {
    const process = startProcess(host, 'sh', `sh -c ${command}`, { rssKib: 1_700 });
    const killer = new AbortController();
    running.set(process.pid, killer);
    // A kill on the host only takes the process from the model: that is what the command notices.
    const watch = setInterval(() => {
      if (!host.processes.has(process.pid)) killer.abort();
    }, 50);
    const shell = {
      host,
      pid: process.pid,
      variables: new Map([
        ['HOME', '/root'],
        ['PATH', '/usr/bin:/bin'],
        ['USER', 'root'],
      ]),
      exported: new Set(['HOME', 'PATH', 'USER']),
      functions: new Map(),
      parameters: [],
      directory: '/root',
      lastStatus: 0,
      signal: killer.signal,
    };
    const streams = {
      input: { text: '' },
      out: (text: string) => {
        channel.write(text);
      },
      err: (text: string) => {
        channel.stderr.write(text);
      },
    };
    try {
      channel.exit(await runShell(command, shell, streams));
    } catch (error) {
      if (killer.signal.aborted) channel.exit('KILL');
      else {
        note(`error: ${String(error)}`);
        streams.err(`sh: the simulated host failed: ${error instanceof Error ? error.message : String(error)}\n`);
        channel.exit(125);
      }
    } finally {
      clearInterval(watch);
      running.delete(process.pid);
      killProcess(host, process.pid);
      channel.end();
    }
  };

  const ssh = new ssh2.Server({ hostKeys: [options.hostPrivateKey] }, (connection) => {
    connection.on('error', (error) => note(`connection: ${error.message}`));
    connection.on('authentication', (login) => {
      const isKnown =
        login.method === 'publickey' &&
        login.username === 'root' &&
        login.key.algo === 'ssh-ed25519' &&
        login.key.data.equals(allowed.getPublicSSH()) &&
        (!login.signature ||
          (login.blob !== undefined && allowed.verify(login.blob, login.signature, login.hashAlgo) === true));
      if (!isKnown) {
        if (login.method !== 'none') note(`Failed ${login.method} for ${login.username}`);
        login.reject(['publickey']);
        return;
      }
      if (login.signature) note(`Accepted publickey for ${login.username}: ED25519`);
      login.accept();
    });
    connection.on('ready', () => {
      connection.on('session', (acceptSession) => {
        const session = acceptSession();
        session.on('exec', (accept, _reject, info) => void run(info.command, accept()));
      });
    });
  });
  ssh.on('error', (error: Error) => note(`server: ${error.message}`));

  const server = createServer((socket) => {
    if (power === 'off') {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (link === 'down') hold(socket);
    ssh.injectSocket(socket);
    if (link === 'down') hold(socket);
  });
  await listen(server, options.port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return listen(server, 0);
  });
  const bound = server.address();
  const end = () => {
    power = 'off';
    for (const killer of running.values()) killer.abort();
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : 0,
    reboot() {
      end();
      bootHost(host);
      power = 'on';
    },
    stop: end,
    setLink(state) {
      link = state;
      for (const socket of sockets) {
        if (state === 'down') hold(socket);
        else {
          socket.uncork();
          socket.resume();
        }
      }
    },
    log: () => log,
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, address, 4_096);
  await once(server, 'listening');
}

/** Nothing comes, nothing goes, and nobody is told. */
function hold(socket: Socket): void {
  socket.pause();
  socket.cork();
}
