// A TCP proxy between two processes that can cut, silence, slow and narrow what it carries. Entered by the world, once a pair.
// Touches its own sockets only.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createLineQuality, type Quality } from './line-quality.ts';

export type Direction = 'up' | 'down';
/** Sees every piece of one connection before it is carried; returns what is carried, or null when it cut the connection. */
export type Inspector = (direction: Direction, piece: Buffer) => Buffer | null;

export interface TcpProxy {
  readonly port: number;
  /** Of every connection, those to come too. */
  setQuality(quality: Quality): void;
  /** Closes every connection in the middle of whatever it carries. Returns how many there were. */
  cut(): number;
  connections(): number;
  /** Bytes that came back so far, over all connections. */
  bytesDown(): number;
  stop(): Promise<void>;
}

/** `up` is from whoever connected to the target. */
export async function startTcpProxy(
  target: { host: string; port: number },
  inspect?: (cut: () => void) => Inspector,
): Promise<TcpProxy> {
  const quality = createLineQuality();
  const pairs = new Set<() => void>();
  let bytesDown = 0;

  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    const cut = () => {
      pairs.delete(cut);
      near.destroy();
      far.destroy();
    };
    pairs.add(cut);
    // A connection that breaks on one side is broken on the other; the close says so.
    for (const socket of [near, far]) socket.on('error', cut).once('close', cut);
    const inspector = inspect?.(cut) ?? ((_direction: Direction, piece: Buffer) => piece);
    void carry('up', near, far, inspector);
    void carry('down', far, near, inspector);
  });

  async function carry(direction: Direction, from: Socket, to: Socket, inspector: Inspector): Promise<void> {
    try {
      for await (const piece of from) {
        const passed = inspector(direction, piece as Buffer);
        if (passed === null) return;
        await quality.pass(passed.length);
        if (to.destroyed) return;
        if (direction === 'down') bytesDown += passed.length;
        if (passed.length > 0 && !to.write(passed)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      }
      to.end();
    } catch {
      // Cut, or broken by one of the ends: both are destroyed.
      to.destroy();
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    setQuality: quality.set,
    cut() {
      const cuts = [...pairs];
      for (const cut of cuts) cut();
      return cuts.length;
    },
    connections: () => pairs.size,
    bytesDown: () => bytesDown,
    async stop() {
      quality.set({ kind: 'good' });
      for (const cut of [...pairs]) cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
