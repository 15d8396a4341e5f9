// A line between a client and its server that can become half-open. For tests of what is done about a server that says nothing more.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface HalfOpenLine {
  /** `address`, led over this line. */
  over(address: string): string;
  /** Every connection of this moment is dead from now on; neither end is told. Later ones work. */
  fallSilent(): void;
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
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
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
