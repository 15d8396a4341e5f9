// Entered by decode-frames before msgpackr sees a byte from the network: finds the frames' sizes and lets only plain
// values through, because msgpackr's extensions build objects (RegExp, records, …) that no frame has. Pure.
import { frameBytesMax, framesPerMessageMax } from '@sena/contracts/frames';
import { FrameError } from './frame-error.ts';

/** Frames are flat: array of frames, frame, list or result, outcome. */
const depthMax = 8;

/** Throws `FrameError`. Passing means: one msgpack array of at most the allowed frames, each within its size. */
export function scanMessage(message: Uint8Array): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const array = message.length > 0 ? readArrayHeader(message, view) : null;
  if (array === null) throw malformed('a message must be an array of frames');
  if (array.count > framesPerMessageMax) {
    throw new FrameError('oversized_frame', `A message holds ${array.count} frames; at most ${framesPerMessageMax}.`);
  }
  let at = array.start;
  for (let index = 0; index < array.count; index += 1) {
    const end = skipValue(message, view, at, 1);
    if (end - at > frameBytesMax) {
      throw new FrameError('oversized_frame', `A frame has ${end - at} bytes; at most ${frameBytesMax}.`);
    }
    at = end;
  }
  if (at !== message.length) throw malformed('bytes follow the last frame');
}

function readArrayHeader(message: Uint8Array, view: DataView): { count: number; start: number } | null {
  const token = message[0] ?? 0;
  if (token >= 0x90 && token <= 0x9f) return { count: token & 0x0f, start: 1 };
  if (token === 0xdc && message.length >= 3) return { count: view.getUint16(1), start: 3 };
  return null;
}

/** Returns the offset behind the value at `at`. */
function skipValue(message: Uint8Array, view: DataView, at: number, depth: number): number {
  const token = message[at];
  if (token === undefined) throw malformed('it ends in the middle of a value');
  if (depth > depthMax) throw malformed('it is nested too deeply');
  if (token <= 0x7f || token >= 0xe0) return at + 1;
  if (token <= 0x8f) return skipMany(message, view, at + 1, (token & 0x0f) * 2, depth);
  if (token <= 0x9f) return skipMany(message, view, at + 1, token & 0x0f, depth);
  if (token <= 0xbf) return within(message, at + 1 + (token & 0x1f));
  switch (token) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return at + 1;
    case 0xc4: // bin
    case 0xd9: // str
      return within(message, at + 2 + readLength(message, view, at, 1));
    case 0xc5:
    case 0xda:
      return within(message, at + 3 + readLength(message, view, at, 2));
    case 0xc6:
    case 0xdb:
      return within(message, at + 5 + readLength(message, view, at, 4));
    case 0xcc: // uint8, int8
    case 0xd0:
      return within(message, at + 2);
    case 0xcd:
    case 0xd1:
      return within(message, at + 3);
    case 0xca: // float32, uint32, int32
    case 0xce:
    case 0xd2:
      return within(message, at + 5);
    case 0xcb: // float64, uint64, int64
    case 0xcf:
    case 0xd3:
      return within(message, at + 9);
    case 0xdc: // array
      return skipMany(message, view, at + 3, readLength(message, view, at, 2), depth);
    case 0xdd:
      return skipMany(message, view, at + 5, readLength(message, view, at, 4), depth);
    case 0xde: // map
      return skipMany(message, view, at + 3, readLength(message, view, at, 2) * 2, depth);
    case 0xdf:
      return skipMany(message, view, at + 5, readLength(message, view, at, 4) * 2, depth);
    default:
      throw malformed('it holds a msgpack extension');
  }
}

function skipMany(message: Uint8Array, view: DataView, start: number, count: number, depth: number): number {
  // Every value has at least one byte: a length that can't be true is refused before any work.
  if (count > message.length - start) throw malformed('it ends in the middle of a value');
  let at = start;
  for (let index = 0; index < count; index += 1) at = skipValue(message, view, at, depth + 1);
  return at;
}

function readLength(message: Uint8Array, view: DataView, at: number, bytes: 1 | 2 | 4): number {
  within(message, at + 1 + bytes);
  if (bytes === 1) return view.getUint8(at + 1);
  return bytes === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
}

function within(message: Uint8Array, end: number): number {
  if (end > message.length) throw malformed('it ends in the middle of a value');
  return end;
}

function malformed(what: string): FrameError {
  return new FrameError('malformed_frame', `The message is not valid: ${what}.`);
}
