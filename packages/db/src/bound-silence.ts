// A connection to PostgreSQL that is half-open says nothing for ever: the server's timeouts can't reach its client. Entered by whoever opens a
// pool. Ends a connection on which nothing has passed for `silentMsMax` while somebody had it: longer than any statement and any
// transaction lasts that says nothing. One that nobody has may be silent.
import type { Socket } from 'node:net';
import type pg from 'pg';

export function boundSilence(pool: pg.Pool, silentMsMax: number): void {
  pool.on('connect', (client) => {
    const socket = socketOf(client);
    socket.on('timeout', () =>
      socket.destroy(new Error(`PostgreSQL has said nothing for ${silentMsMax} ms: the connection is given up.`)),
    );
  });
  pool.on('acquire', (client) => socketOf(client).setTimeout(silentMsMax));
  pool.on('release', (_error, client) => socketOf(client).setTimeout(0));
}

/** pg has it, and its types don't say so. */
function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
