// The bare satellite: a tunnel and ssh2, no journal, no policy, no signature, any host key. Started by start-prototype; ends with
// its parent.
import { Packr, Unpackr } from 'msgpackr';
import ssh2 from 'ssh2';
import { WebSocket } from 'ws';
import type { Answer, Order, PrototypeSatellitesSettings } from './prototype-messages.ts';

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false });

process.on('disconnect', () => process.exit(0));
process.once('message', (settings: PrototypeSatellitesSettings) => {
  Promise.all(Array.from({ length: settings.satellites }, () => play(settings))).then(
    () => process.send?.('connected'),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

function play(settings: PrototypeSatellitesSettings): Promise<void> {
  const socket = new WebSocket(settings.url, { perMessageDeflate: false });
  const clients = new Map<string, Promise<ssh2.Client>>();
  let waiting: Answer[] = [];
  const answer = (one: Answer) => {
    if (waiting.length === 0)
      setImmediate(() => {
        socket.send(packr.pack(waiting));
        waiting = [];
      });
    waiting.push(one);
  };
  socket.on('message', async (data: Buffer) => {
    const { run, command, nodes } = unpackr.unpack(data) as Order;
    let next = 0;
    const work = async () => {
      for (let node = nodes[next++]; node !== undefined; node = nodes[next++]) {
        const { id, host, port } = node;
        const key = `${host}:${port}`;
        const client = clients.get(key) ?? connect(host, port, settings);
        clients.set(key, client);
        answer({ run, id, ...(await execute(await client, command)) });
      }
    };
    await Promise.all(Array.from({ length: Math.min(settings.concurrency, nodes.length) }, work));
  });
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
}

function connect(host: string, port: number, settings: PrototypeSatellitesSettings): Promise<ssh2.Client> {
  const { username, privateKey } = settings;
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.once('connect', () => client.setNoDelay(true));
    client.once('ready', () => resolve(client)).once('error', reject);
    client.connect({ host, port, username, privateKey, readyTimeout: 120_000, hostVerifier: () => true });
  });
}

function execute(client: ssh2.Client, command: string): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error !== undefined) return reject(error);
      let stdout = '';
      let code: number | null = null;
      channel.on('data', (data: Buffer) => {
        stdout += data.toString('latin1');
      });
      channel.stderr.resume();
      channel.on('exit', (status: number) => {
        code = status;
      });
      channel.on('close', () => resolve({ code, stdout }));
    });
  });
}
