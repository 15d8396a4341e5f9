// A TCP proxy between two processes that can cut, silence, slow and narrow what it carries. Entered by the world, once a pair.
// Touches its own sockets only.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createLineQuality, type Quality } from './line-quality.ts';

export type Direction = 'up' | 'down';
/** Sees every piece of one connection before it is carried; returns what is carried, or null when it cut the connection. */
export type Inspector = (direction: Direction, piece: Buffer) => Buffer | null;

/** Whether something is asked for with this piece. `bytesUp`: of its connection so far, this piece among them. */
export type IsRequest = (piece: Buffer, bytesUp: number) => boolean;

interface Stranding {
  readonly cutMs: number;
  readonly lateMs: number;
  readonly isRequest: IsRequest;
}

interface Pair {
  cut(): void;
  abandon(): void;
}

export interface TcpProxy {
  readonly port: number;
  /** Of every connection, those to come too. */
  setQuality(quality: Quality): void;
  /** Closes every connection in the middle of whatever it carries. Returns how many there were. */
  cut(): number;
  /**
   * Every connection of now is dead for ever: nothing passes, and neither end is told, not even that the other has closed it. `cut` does not
   * end them. Those to come are good. Returns how many there were.
   */
  abandon(): number;
  /**
   * Of the next connection on which something is asked for: holds the request back, closes the near side `cutMs` later, and delivers the
   * request `lateMs` after that, when whoever sent it has long given up. `isRequest`: of SSH by default. Returns how many pieces were late
   * so far.
   */
  strand(cutMs: number, lateMs: number, isRequest?: IsRequest): { lateUps(): number; end(): void };
  connections(): number;
  /** Bytes that came back so far, over all connections. */
  bytesDown(): number;
  stop(): Promise<void>;
}

/** An SSH connection has shaken hands by then. */
const establishedBytes = 3_000;
/** The opening of a channel is smaller, the request to run something is not. */
const requestBytes = 800;
const isSshRequest: IsRequest = (piece, bytesUp) => bytesUp >= establishedBytes && piece.length >= requestBytes;

/** `up` is from whoever connected to the target, which is read anew for each connection. */
export async function startTcpProxy(
  target: { host: string; port: number },
  inspect?: (cut: () => void) => Inspector,
): Promise<TcpProxy> {
  const quality = createLineQuality();
  const pairs = new Set<Pair>();
  const deadPairs = new Set<Pair>();
  let bytesDown = 0;
  let stranding: Stranding | null = null;
  let lateUps = 0;

  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    const over = Promise.withResolvers<void>();
    let isDead = false;
    const cut = () => {
      pairs.delete(pair);
      deadPairs.delete(pair);
      near.destroy();
      far.destroy();
      over.resolve();
    };
    const pair: Pair = {
      cut,
      abandon() {
        isDead = true;
        pairs.delete(pair);
        deadPairs.add(pair);
      },
    };
    pairs.add(pair);
    const whileDead = () => (isDead ? over.promise : null);
    const broke = () => {
      if (!isDead || (near.destroyed && far.destroyed)) cut();
    };
    // A connection that breaks on one side is broken on the other; the close says so.
    let bytesUp = 0;
    let isStranded: Stranding | null = null;
    const nearIsGone = () => {
      if (isStranded === null) broke();
    };
    near.on('error', nearIsGone).once('close', nearIsGone);
    far.on('error', broke).once('close', broke);
    const inspector = inspect?.(cut) ?? ((_direction: Direction, piece: Buffer) => piece);
    void carry('up', near, far, inspector, whileDead, (piece) => {
      bytesUp += piece.length;
      if (stranding !== null && isStranded === null && stranding.isRequest(piece, bytesUp)) {
        isStranded = stranding;
        stranding = null;
        const { cutMs, lateMs } = isStranded;
        setTimeout(() => near.destroy(), cutMs);
        setTimeout(() => far.end(), cutMs + lateMs + 500);
      }
      return isStranded === null ? null : isStranded.cutMs + isStranded.lateMs;
    });
    void carry('down', far, near, inspector, whileDead);
  });

  /** `lateMs`: how much later this piece arrives, when its sender is gone; null: it passes now. */
  async function carry(
    direction: Direction,
    from: Socket,
    to: Socket,
    inspector: Inspector,
    whileDead: () => Promise<void> | null,
    lateMs: (piece: Buffer) => number | null = () => null,
  ): Promise<void> {
    try {
      for await (const piece of from) {
        const end = whileDead();
        if (end !== null) return await end;
        const passed = inspector(direction, piece as Buffer);
        if (passed === null) return;
        const late = lateMs(passed);
        if (late !== null) {
          lateUps += 1;
          setTimeout(() => to.destroyed || to.write(passed), late);
          continue;
        }
        await quality.pass(passed.length);
        if (whileDead() !== null) continue;
        // What comes back to one that is gone is nobody's.
        if (to.destroyed) continue;
        if (direction === 'down') bytesDown += passed.length;
        if (passed.length > 0 && !to.write(passed)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      }
      if (whileDead() === null) to.end();
    } catch {
      // Cut, or broken by one of the ends: the close of the one is the close of the other.
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
      for (const pair of cuts) pair.cut();
      return cuts.length;
    },
    abandon() {
      const abandoned = [...pairs];
      for (const pair of abandoned) pair.abandon();
      return abandoned.length;
    },
    strand(cutMs, lateMs, isRequest = isSshRequest) {
      stranding = { cutMs, lateMs, isRequest };
      lateUps = 0;
      return {
        lateUps: () => lateUps,
        end() {
          stranding = null;
        },
      };
    },
    connections: () => pairs.size,
    bytesDown: () => bytesDown,
    async stop() {
      quality.set({ kind: 'good' });
      for (const pair of [...pairs, ...deadPairs]) pair.cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
