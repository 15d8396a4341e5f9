// Normalisation, version 1: what two outputs may differ in and still be the same answer. Line ends (CRLF, LF), blanks at
// the end of a line, and empty lines at the end. Nothing else: bytes are not decoded and names are not replaced.
// Pure; works on pieces, so that 50 MB need no more memory than one piece.

export const normalisationVersion = 1;

const lineFeed = 0x0a;
const space = 0x20;
const tab = 0x09;
const carriageReturn = 0x0d;
/** A longer run of blanks is content, whatever follows it. Bounds what is held back. */
const heldBytesMax = 64 * 1024;

const nothing = Buffer.alloc(0);

export type Normaliser = {
  /** The normalised bytes that are certain so far. What it returns is valid until the next call. */
  push(piece: Uint8Array): Uint8Array;
};

/** What is held back at the end is dropped: that is the point. */
export function createNormaliser(): Normaliser {
  // Blanks that may turn out to end a line, and line feeds that may turn out to end the output.
  // Both grow when they are needed: most outputs are a line or nothing.
  let held = nothing;
  let heldLength = 0;
  let out = nothing;

  function hold(byte: number): void {
    if (heldLength === held.length) held = Buffer.concat([held], Math.max(64, held.length * 2));
    held[heldLength] = byte;
    heldLength += 1;
  }

  function endLine(): void {
    while (heldLength > 0 && held[heldLength - 1] !== lineFeed) heldLength -= 1;
    hold(lineFeed);
  }

  /** Puts what was held back into `out` at `length`; returns the new length. */
  function release(length: number): number {
    held.copy(out, length, 0, heldLength);
    const released = length + heldLength;
    heldLength = 0;
    return released;
  }

  return {
    push(piece) {
      // What was held back may come out, and every byte of the piece.
      if (out.length < heldLength + piece.length) out = Buffer.allocUnsafe(heldLength + piece.length);
      let length = 0;
      for (let at = 0; at < piece.length; at += 1) {
        const byte = piece[at] ?? 0;
        if (byte === lineFeed) endLine();
        else if (byte === space || byte === tab || byte === carriageReturn) hold(byte);
        else {
          if (heldLength > 0) length = release(length);
          out[length] = byte;
          length += 1;
        }
        if (heldLength >= heldBytesMax) length = release(length);
      }
      return out.subarray(0, length);
    },
  };
}
