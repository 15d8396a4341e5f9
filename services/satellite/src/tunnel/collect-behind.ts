// What a satellite sends is copied several times on its way (read, decrypted, framed, masked), and V8 lets 64 MiB of such copies lie
// before it collects them: their memory is not its heap's. So it is told to, by the bytes that went out. Entered by connect-once.
import type { BatchSocket } from '@sena/tunnel/frame-batcher';

/** What is young is collected after so many bytes, in a millisecond; and everything, in some ten, after so many times as much. */
const collectedBytes = 256 * 1024;
const timesUntilAll = 4;
let sentBytes = 0;
let times = 0;

/** `collect`: absent where the process was not begun with `--expose-gc`; then this changes nothing. */
export function collectBehind(
  socket: BatchSocket,
  collect: ((options: { type: 'major' | 'minor' }) => void) | undefined = globalThis.gc,
): BatchSocket {
  if (collect === undefined) return socket;
  return {
    get readyState() {
      return socket.readyState;
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(data, done) {
      socket.send(data, done);
      sentBytes += data.length;
      if (sentBytes < collectedBytes) return;
      sentBytes = 0;
      times = (times + 1) % timesUntilAll;
      collect({ type: times === 0 ? 'major' : 'minor' });
    },
  };
}
