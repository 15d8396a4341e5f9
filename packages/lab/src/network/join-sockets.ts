// Two sockets become one connection: what one says the other hears, and the end of one is the end of the other.
import type { Socket } from 'node:net';

export function joinSockets(left: Socket, right: Socket): void {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', (hadError) => {
      if (hadError) to.destroy();
    });
    from.pipe(to);
  }
}
