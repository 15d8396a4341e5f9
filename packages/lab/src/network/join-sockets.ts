// Two sockets become one connection: what one says the other hears, and the end of one is the end of the other.
import type { Socket } from 'node:net';

/** One direction may end before the other. */
export function joinSockets(left: Socket, right: Socket): void {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.setNoDelay(true);
    from.allowHalfOpen = true;
    from.on('error', () => to.destroy());
    from.on('close', () => {
      // Closed before both directions had ended: the other side must not wait for the rest.
      if (!from.readableEnded || !to.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
}
