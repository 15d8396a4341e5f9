// A connection to PostgreSQL that is half-open says nothing for ever: the server's timeouts can't reach its client. Entered by whoever opens a
// pool. Ends a connection on which nothing has passed for `silentMsMax` while somebody had it: longer than any statement and any
// transaction lasts that says nothing. One that nobody has may be silent, until another was found dead: then all of those go too, or each of
// them would be waited for in turn.
import type { Socket } from 'node:net';
import type pg from 'pg';

export function boundSilence(pool: pg.Pool, silentMsMax: number): void {
  const idle = new Set<Socket>();
  pool.on('connect', (client) => {
    const socket = socketOf(client);
    socket.on('timeout', () => {
      for (const dead of [socket, ...idle]) {
        const silence = new Error(`PostgreSQL has said nothing for ${silentMsMax} ms: the connection is given up.`);
        dead.destroy(Object.assign(silence, { code: 'ETIMEDOUT' }));
      }
      idle.clear();
    });
  });
  pool.on('acquire', (client) => {
    const socket = socketOf(client);
    idle.delete(socket);
    socket.setTimeout(silentMsMax);
  });
  pool.on('release', (_error, client) => {
    const socket = socketOf(client);
    socket.setTimeout(0);
    idle.add(socket);
  });
  pool.on('remove', (client) => idle.delete(socketOf(client)));
}

/** pg has it, and its types don't say so. */
function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
