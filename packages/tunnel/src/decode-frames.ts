// Entered by both ends for every message that arrives. Unknown means no: a frame, a field or a size that the contract
// does not have throws, and the caller closes the connection. Pure.
import { type RelayFrame, relayFrameSchema, type SatelliteFrame, satelliteFrameSchema } from '@sena/contracts/frames';
import { Unpackr } from 'msgpackr';
import type { z } from 'zod';
import { FrameError } from './frame-error.ts';
import { scanMessage } from './scan-message.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });
const relayFrameNames = namesOf(relayFrameSchema.options);
const satelliteFrameNames = namesOf(satelliteFrameSchema.options);

/** For satellites: what a relay sent. Throws `FrameError`. Bytes in frames are views of `message`. */
export function decodeRelayFrames(message: Uint8Array): RelayFrame[] {
  return decode(message, relayFrameSchema, relayFrameNames);
}

/** For relays: what a satellite sent. Throws `FrameError`. Bytes in frames are views of `message`. */
export function decodeSatelliteFrames(message: Uint8Array): SatelliteFrame[] {
  return decode(message, satelliteFrameSchema, satelliteFrameNames);
}

function decode<T>(message: Uint8Array, schema: z.ZodType<T>, names: ReadonlySet<string>): T[] {
  scanMessage(message);
  let values: unknown[];
  try {
    values = unpackr.unpack(message);
  } catch {
    throw new FrameError('malformed_frame', 'The message is not valid msgpack.');
  }
  return values.map((value) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw explain(value, parsed.error, names);
  });
}

function explain(value: unknown, error: z.ZodError, names: ReadonlySet<string>): FrameError {
  const name = typeof value === 'object' && value !== null && 't' in value ? value.t : undefined;
  if (typeof name !== 'string') return new FrameError('malformed_frame', 'A frame has no name.');
  if (!names.has(name)) {
    return new FrameError('unknown_frame', `There is no frame ${JSON.stringify(name.slice(0, 32))} in this protocol.`);
  }
  const issue = error.issues[0];
  const where = issue?.path.join('.') || 'frame';
  return new FrameError('malformed_frame', `A ${name} frame is not valid: ${where}: ${issue?.message ?? 'wrong'}.`);
}

function namesOf(options: ReadonlyArray<{ shape: { t: z.ZodLiteral<string> } }>): ReadonlySet<string> {
  return new Set(options.map((option) => option.shape.t.value));
}
