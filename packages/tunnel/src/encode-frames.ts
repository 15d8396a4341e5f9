// Entered by both ends to send: frames in, one WebSocket message out. Pure.
import { frameBytesMax, framesPerMessageMax, type RelayFrame, type SatelliteFrame } from '@sena/contracts/frames';
import { Packr } from 'msgpackr';
import { FrameError } from './frame-error.ts';

// Plain maps: records would need state shared between the ends.
const packr = new Packr({ useRecords: false });

/** The largest message either end accepts (`maxPayload` of the socket): one full frame and a batch around it. */
export const messageBytesMax = 2 * frameBytesMax;

/** Throws `FrameError` when a limit of the protocol is broken. */
export function encodeFrames(frames: ReadonlyArray<RelayFrame | SatelliteFrame>): Buffer {
  return joinFrames(frames.map(encodeFrame));
}

/** One frame's bytes, to be joined into a message. Throws `FrameError('oversized_frame')`. */
export function encodeFrame(frame: RelayFrame | SatelliteFrame): Buffer {
  const bytes = packr.pack(frame);
  if (bytes.length > frameBytesMax) {
    throw new FrameError('oversized_frame', `A ${frame.t} frame has ${bytes.length} bytes; at most ${frameBytesMax}.`);
  }
  return bytes;
}

/** A msgpack array of frames that are already encoded. */
export function joinFrames(encoded: readonly Buffer[]): Buffer {
  if (encoded.length > framesPerMessageMax) {
    throw new FrameError('oversized_frame', `A message of ${encoded.length} frames; at most ${framesPerMessageMax}.`);
  }
  const header = Buffer.from([0xdc, encoded.length >> 8, encoded.length & 0xff]);
  const message = Buffer.concat([header, ...encoded]);
  if (message.length > messageBytesMax) {
    throw new FrameError('oversized_frame', `A message of ${message.length} bytes; at most ${messageBytesMax}.`);
  }
  return message;
}
