// A node for tests: an SSH server of our own that lets everybody in and answers a command as it is told to, also in ways that no sshd can be
// brought to at will.
import { hash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { makeSshKey } from '@sena/lab/state/make-ssh-key';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { openSshConnection, type SshConnection } from './open-ssh-connection.ts';

/** Called once a command. */
export type NodeScript = (channel: ServerChannel, command: string, client: Connection) => void;

/** One open connection to it. */
export async function startScriptedNode(
  answer: NodeScript,
): Promise<{ connection: SshConnection; stop(): Promise<void> }> {
  const key = makeSshKey('node');
  const publicKey = Buffer.from(key.publicKey.split(' ')[1] ?? '', 'base64');
  const server = new ssh2.Server({ hostKeys: [key.privateKey] }, (client) => {
    // A connection that a test breaks.
    client.on('error', () => client.end());
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept) => {
      accept().on('exec', (acceptCommand, _reject, { command }) => answer(acceptCommand(), command, client));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hostKey = `SHA256:${hash('sha256', publicKey, 'base64').replace(/=+$/, '')}`;
  const { port } = server.address() as AddressInfo;
  const connection = await openSshConnection(
    { address: '127.0.0.1', port, user: 'root', credential: 'default', hostKey },
    {
      knownHosts: { find: () => ({ trusted: [], revoked: [] }) },
      allowedAddresses: { allows: () => true },
      readCredential: () => ({ kind: 'private_key', privateKey: Buffer.from(key.privateKey) }),
      connectTimeoutMs: 20_000,
    },
  );
  if (connection.kind === 'refused') throw new Error(connection.detail);
  return {
    connection,
    async stop() {
      connection.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
