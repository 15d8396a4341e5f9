// One stretch of a byte stream as text, without cutting a character in two at its edges. Pure.

export interface DecodedWindow {
  text: string;
  /** Where the next window has to begin, so that no character is lost. */
  nextOffset: number;
}

/** `bytes` begin at `offset` of the stream; `isEnd` when nothing follows them. Bytes that are not UTF-8 become U+FFFD. */
export function decodeWindow(bytes: Uint8Array, offset: number, isEnd: boolean): DecodedWindow {
  const keep = isEnd ? bytes.length : bytes.length - incompleteTailBytes(bytes);
  return {
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, keep)),
    nextOffset: offset + keep,
  };
}

/** How many of the last bytes begin a character that does not end here: 0 to 3. */
function incompleteTailBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length - 1); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}
