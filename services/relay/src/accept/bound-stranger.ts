// How much a stranger may make the relay hold: the bytes of the socket itself are counted until its satellite is known, below
// anything that gathers them into messages. Entered by serve-tunnels for every connection.
import type { Duplex } from 'node:stream';

/** A hello has 16 KiB at most; the rest is for the framing of WebSocket. */
const strangerBytesMax = 64 * 1024;

export interface BoundStranger {
  /** It has said who it is: nothing is counted any more. */
  welcome(): void;
}

/** `headBytes`: of what came with the request. Beyond the bound the socket is destroyed, without an answer. */
export function boundStranger(socket: Duplex, headBytes: number, exceeded: () => void): BoundStranger {
  let bytes = headBytes;
  socket.on('data', count);
  if (bytes > strangerBytesMax) end();

  function count(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > strangerBytesMax) end();
  }

  function end(): void {
    socket.off('data', count);
    exceeded();
    socket.destroy();
  }

  return {
    welcome() {
      socket.off('data', count);
    },
  };
}
