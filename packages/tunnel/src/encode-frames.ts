// Entered by both ends to send: frames in, one WebSocket message out. Pure.
import { frameBytesMax, framesPerMessageMax, type RelayFrame, type SatelliteFrame } from '@sena/contracts/frames';
import { Packr } from 'msgpackr';
import { FrameError } from './frame-error.ts';

// Plain maps: records would need state shared between the ends.
const packr = new Packr({ useRecords: false });
const noBytes = Buffer.alloc(0);
const packedNoBytes = packr.pack(noBytes);
/** `bin 32`, with its length in four bytes. */
const bytes32 = 0xc6;
const bytesHeaderLength = 5;
/** From here on a spared copy is worth the trouble. */
const largeBytes = 16 * 1024;

/** The largest message either end accepts (`maxPayload` of the socket): one full frame and a batch around it. */
export const messageBytesMax = 2 * frameBytesMax;

/** Throws `FrameError` when a limit of the protocol is broken. */
export function encodeFrames(frames: ReadonlyArray<RelayFrame | SatelliteFrame>): Buffer {
  return joinFrames(frames.map(encodeFrame));
}

/** To be joined into a message. The parts may be views of what the frame holds: nothing is copied before that. */
export type EncodedFrame = { parts: readonly Buffer[]; length: number };

/** Throws `FrameError('oversized_frame')`. */
export function encodeFrame(frame: RelayFrame | SatelliteFrame): EncodedFrame {
  const parts = frame.t === 'output' && frame.data.length >= largeBytes ? packAroundData(frame) : [packr.pack(frame)];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > frameBytesMax) {
    throw new FrameError('oversized_frame', `A ${frame.t} frame has ${length} bytes; at most ${frameBytesMax}.`);
  }
  return { parts, length };
}

/** As `packr` writes it, but for its data, which is nearly all of it and stays where it is. */
function packAroundData({ data, ...rest }: Extract<SatelliteFrame, { t: 'output' }>): Buffer[] {
  const packed = packr.pack({ ...rest, data: noBytes });
  // The data is its last field: what says how long that is comes in its place.
  const at = packed.length - packedNoBytes.length;
  const head = Buffer.alloc(at + bytesHeaderLength);
  packed.copy(head, 0, 0, at);
  head[at] = bytes32;
  head.writeUInt32BE(data.length, at + 1);
  return [head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)];
}

/** A msgpack array of frames that are already encoded. */
export function joinFrames(encoded: readonly EncodedFrame[]): Buffer {
  if (encoded.length > framesPerMessageMax) {
    throw new FrameError('oversized_frame', `A message of ${encoded.length} frames; at most ${framesPerMessageMax}.`);
  }
  const header = Buffer.from([0xdc, encoded.length >> 8, encoded.length & 0xff]);
  const message = Buffer.concat([header, ...encoded.flatMap(({ parts }) => parts)]);
  if (message.length > messageBytesMax) {
    throw new FrameError('oversized_frame', `A message of ${message.length} bytes; at most ${messageBytesMax}.`);
  }
  return message;
}
