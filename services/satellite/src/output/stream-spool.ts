// Entered by the outbox: the kept bytes of one stream that the relay has not acknowledged, in memory, by offset. Copies
// small chunks, because ten bytes may hold on to a whole packet, and keeps large ones as they are. Pure.

/** Small chunks share a block; blocks grow up to this, so that short outputs stay small. */
const blockBytesMin = 1_024;
const blockBytesMax = 64 * 1024;
/** From here on a chunk is most of the memory that it holds on to. */
const largeBytes = 16 * 1024;

type Block = { bytes: Buffer; from: number; to: number };

export type StreamSpool = {
  append(chunk: Uint8Array): void;
  /** Bytes from the first that was not sent on this connection, at most `bytesMax`; null when all are sent. */
  next(bytesMax: number): { offset: number; data: Buffer } | null;
  /** Everything below `offset` is safe elsewhere. Returns how many bytes were freed. */
  acknowledge(offset: number): number;
  /** A new connection: what is not acknowledged goes out again. */
  rewind(): void;
  heldBytes(): number;
  unsentBytes(): number;
  ackedOffset(): number;
  /** Everything that is held, in one piece. */
  contents(): Buffer;
};

/** `start`: offset of the first byte that will be appended. */
export function createStreamSpool(start = 0): StreamSpool {
  let blocks: Block[] = [];
  /** Offset of the first held byte: what the relay has acknowledged. */
  let acked = start;
  /** Offset of the first byte that is not sent yet. */
  let sent = start;
  let end = start;

  function blockFor(length: number): Block {
    const last = blocks.at(-1);
    if (last !== undefined && last.bytes.length - last.to >= length) return last;
    const grown = last === undefined ? blockBytesMin : Math.min(blockBytesMax, last.bytes.length * 2);
    const block = { bytes: Buffer.allocUnsafeSlow(Math.max(grown, length)), from: 0, to: 0 };
    blocks.push(block);
    return block;
  }

  return {
    append(chunk) {
      if (chunk.length === 0) return;
      end += chunk.length;
      if (chunk.length >= largeBytes) {
        const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
        blocks.push({ bytes, from: 0, to: chunk.length });
        return;
      }
      const block = blockFor(chunk.length);
      block.bytes.set(chunk, block.to);
      block.to += chunk.length;
    },
    next(bytesMax) {
      if (sent >= end) return null;
      const parts: Buffer[] = [];
      let length = 0;
      let blockStart = acked;
      for (const block of blocks) {
        const skip = Math.max(0, sent - blockStart);
        blockStart += block.to - block.from;
        const from = block.from + skip;
        if (from >= block.to) continue;
        const part = block.bytes.subarray(from, Math.min(block.to, from + bytesMax - length));
        parts.push(part);
        length += part.length;
        if (length === bytesMax) break;
      }
      const piece = { offset: sent, data: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length) };
      sent += length;
      return piece;
    },
    acknowledge(offset) {
      // What was never sent can't have arrived.
      const target = Math.min(offset, sent);
      const freed = target - acked;
      if (freed <= 0) return 0;
      let toDrop = freed;
      let whole = 0;
      for (const block of blocks) {
        const held = block.to - block.from;
        if (held > toDrop) {
          block.from += toDrop;
          break;
        }
        toDrop -= held;
        whole += 1;
      }
      blocks = blocks.slice(whole);
      acked = target;
      return freed;
    },
    rewind() {
      sent = acked;
    },
    heldBytes: () => end - acked,
    unsentBytes: () => end - sent,
    ackedOffset: () => acked,
    contents: () =>
      Buffer.concat(
        blocks.map((block) => block.bytes.subarray(block.from, block.to)),
        end - acked,
      ),
  };
}
