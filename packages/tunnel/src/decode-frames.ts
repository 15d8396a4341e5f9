// Entered by both ends for every message that arrives. Unknown means no: a frame, a field or a size that the contract
// does not have throws, and the caller closes the connection. Pure.
import {
  executionResultSchema,
  type RelayFrame,
  relayFrameSchema,
  type SatelliteFrame,
  satelliteFrameSchema,
} from '@sena/contracts/frames';
import { Unpackr } from 'msgpackr';
import { z } from 'zod';
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

/**
 * What a satellite says of an execution, and can't be believed: a satellite says it until somebody has heard it, so closing its tunnel
 * would hold up everything else that it has to say. `t` is no frame's.
 */
export type UnreadableReport =
  /** Which end it tells is not believed; that it tells one is. */
  | { t: 'unreadable-result'; executionId: string; revision: number; attempt: number; problem: string }
  | { t: 'unreadable-start'; executionId: string; problem: string };

/** For relays, of a satellite that they know: like `decodeSatelliteFrames`, but one report that does not fit stops no other. */
export function decodeSatelliteReports(message: Uint8Array): Array<SatelliteFrame | UnreadableReport> {
  return unpack(message).map((value) => {
    const parsed = satelliteFrameSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const error = explain(value, parsed.error, satelliteFrameNames);
    const report = readReport(value, error.message);
    if (report === null) throw error;
    return report;
  });
}

const { executionId, revision, attempt } = executionResultSchema.shape;
const brokenResultSchema = z.object({
  t: z.literal('result'),
  // Without these nobody can be told that it was heard.
  result: z.object({ executionId, revision, attempt: attempt.catch(0) }),
});
const brokenStartSchema = z.object({ t: z.literal('started'), executionId });

function readReport(value: unknown, problem: string): UnreadableReport | null {
  const result = brokenResultSchema.safeParse(value);
  if (result.success) return { t: 'unreadable-result', ...result.data.result, problem };
  const start = brokenStartSchema.safeParse(value);
  return start.success ? { t: 'unreadable-start', executionId: start.data.executionId, problem } : null;
}

function decode<T>(message: Uint8Array, schema: z.ZodType<T>, names: ReadonlySet<string>): T[] {
  return unpack(message).map((value) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw explain(value, parsed.error, names);
  });
}

function unpack(message: Uint8Array): unknown[] {
  scanMessage(message);
  try {
    return unpackr.unpack(message);
  } catch {
    throw new FrameError('malformed_frame', 'The message is not valid msgpack.');
  }
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
