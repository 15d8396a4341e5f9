// The process that is thousands of nodes: an SSH server on each address, which answers every command with one line at once, as
// cheaply as SSH allows. For the product and for the prototype alike. Started by start-simulated-nodes; ends with its parent.
import { createServer } from 'node:net';
import ssh2 from 'ssh2';

export interface SimulatedNodesSettings {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly hostPrivateKey: string;
}

const answer = 'Linux benchmark 6.1.0 #1 SMP x86_64 GNU/Linux\n';
/** What a satellite wants to hear on stderr before a command begins. */
const startMark = /sena-start:[0-9a-f]+:/;

process.on('disconnect', () => process.exit(0));
process.once('message', ({ addresses, port, hostPrivateKey }: SimulatedNodesSettings) => {
  const ssh = new ssh2.Server({ hostKeys: [hostPrivateKey] }, (connection) => {
    connection.on('error', () => connection.end());
    connection.on('authentication', (login) =>
      login.method === 'publickey' ? login.accept() : login.reject(['publickey']),
    );
    connection.on('ready', () => {
      connection.on('session', (acceptSession) => {
        acceptSession().on('exec', (accept, _reject, { command }) => {
          const channel = accept();
          const mark = startMark.exec(command)?.[0];
          if (mark !== undefined) channel.stderr.write(`${mark}4242\n`);
          channel.write(answer);
          channel.exit(0);
          channel.end();
        });
      });
    });
  });
  const listening = addresses.map(
    (address) =>
      new Promise<void>((resolve, reject) => {
        const server = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket));
        server.once('error', reject);
        server.listen({ host: address, port, backlog: 64 }, resolve);
      }),
  );
  Promise.all(listening).then(
    () => process.send?.('listening'),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
