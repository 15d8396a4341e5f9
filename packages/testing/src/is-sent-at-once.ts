// For tests of sockets: whether the kernel sends a small message at once (TCP_NODELAY), as Node has set it. Reads only; Node has no question
// for it, so this looks where Node remembers what it has set, and says so should that move.
import { Socket } from 'node:net';

const remembered = Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === 'kSetNoDelay');

export function isSentAtOnce(socket: Socket): boolean {
  if (remembered === undefined)
    throw new Error('This Node keeps elsewhere whether it has set TCP_NODELAY: look there.');
  return (socket as unknown as Record<symbol, unknown>)[remembered] === true;
}
