// A connection to PostgreSQL that is half-open says nothing for ever: the server's timeouts can't reach its client. Entered by whoever opens a
// pool. Makes a socket that is closed when nothing has passed for `silentMsMax`: only where no statement and no idle client lasts as long.
import { Socket } from 'node:net';

export function boundSilence(silentMsMax: number): () => Socket {
  return () => {
    const socket = new Socket();
    socket.setTimeout(silentMsMax, () =>
      socket.destroy(new Error(`PostgreSQL has said nothing for ${silentMsMax} ms: the connection is given up.`)),
    );
    return socket;
  };
}
