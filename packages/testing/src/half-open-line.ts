// A line between a client and its server that can become half-open, or be cut. For tests of what is done about a server that says nothing
// more, or is away.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface HalfOpenLine {
  /** `address`, led over this line. */
  over(address: string): string;
  /** Every connection of this moment is dead from now on; neither end is told. Later ones work. */
  fallSilent(): void;
  /** As if the server had ended: every connection closes, and later ones are refused. Until `mend`. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  stop(): void;
}

/** `address`: `postgresql://…`, on this machine. */
export async function openHalfOpenLine(address: string): Promise<HalfOpenLine> {
  const target = Number(new URL(address).port);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far);
    far.pipe(near);
  });
  const listen = (on: number) => new Promise<void>((resolve) => server.listen(on, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    over(given) {
      const url = new URL(given);
      url.port = String(port);
      return url.href;
    },
    fallSilent() {
      for (const socket of sockets) socket.unpipe();
    },
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      await closed;
    },
    mend: () => listen(port),
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
