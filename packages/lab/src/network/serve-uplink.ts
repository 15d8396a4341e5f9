// Listens inside a network and carries each connection to its target. Entered by the networks' `uplink`.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress, Uplink } from '../lab.ts';
import { joinSockets } from './join-sockets.ts';

/** `reach` opens the far end; a caller whose far end can't be reached is closed, as a refusing server would. */
export function serveUplink(server: Server, port: number, reach: () => Promise<Socket>): Uplink {
  const open = new Set<Socket>();
  server.on('connection', (near) => {
    open.add(near);
    near.once('close', () => open.delete(near));
    near.on('error', () => near.destroy());
    near.pause();
    // A listener that came from another process has forgotten it.
    near.allowHalfOpen = true;
    reach().then(
      (far) => {
        if (near.destroyed) far.destroy();
        else joinSockets(near, far);
      },
      () => near.destroy(),
    );
  });
  return {
    host: '127.0.0.1',
    port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Those that are open, so that a network that stops leaves no listener and no connection behind. */
export interface OpenUplinks {
  keep(uplink: Promise<Uplink>): Promise<Uplink>;
  closeAll(): Promise<void>;
}

export function keepUplinks(): OpenUplinks {
  const open = new Set<Uplink>();
  return {
    async keep(opening) {
      const uplink = await opening;
      const kept: Uplink = {
        ...uplink,
        async close() {
          open.delete(kept);
          await uplink.close();
        },
      };
      open.add(kept);
      return kept;
    },
    async closeAll() {
      await Promise.all([...open].map((uplink) => uplink.close()));
    },
  };
}

/** The other direction: listens on 127.0.0.1 of this process's own network. */
export async function serveInlet(reach: () => Promise<Socket>): Promise<Uplink> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return serveUplink(server, address !== null && typeof address === 'object' ? address.port : 0, reach);
}

/** A connection from this process's own network. The socket comes connected and paused. */
export async function connectHere(target: SocketAddress): Promise<Socket> {
  const socket = connect({ ...target, allowHalfOpen: true, timeout: 5_000 });
  socket.pause();
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('timeout', () =>
      socket.destroy(new Error(`No connection to ${target.host}:${target.port} within 5 s`)),
    );
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve();
    });
  });
  return socket;
}
