// The two decoders by themselves, by tens of thousands: whatever the bytes, they return frames or throw the one error that ends a connection.
// Entered by run-fuzz. Touches nothing.
import { decodeRelayFrames, decodeSatelliteFrames, decodeSatelliteReports } from '@sena/tunnel/decode-frames';
import { FrameError } from '@sena/tunnel/frame-error';
import type { WebSocket } from 'ws';
import { seededRandom } from '../../faults/seeded-random.ts';
import { drawMessage } from './draw-message.ts';
import { relayFrames, satelliteFrames } from './sample-frames.ts';

export interface DecoderFuzz {
  readonly messages: number;
  readonly accepted: number;
  readonly refused: number;
  readonly longestMs: number;
  readonly problems: readonly string[];
}

const ends = [
  { name: 'relay', kinds: relayFrames, decode: decodeRelayFrames },
  { name: 'satellite', kinds: satelliteFrames, decode: decodeSatelliteFrames },
  { name: 'reports', kinds: satelliteFrames, decode: decodeSatelliteReports },
] as const;

export function fuzzDecoders({ seed, messages }: { seed: number; messages: number }): DecoderFuzz {
  const problems: string[] = [];
  let accepted = 0;
  let refused = 0;
  let longestMs = 0;
  for (let index = 0; index < messages; index += 1) {
    const random = seededRandom(seed, 'decoder', index);
    const { name, kinds, decode } = random.pick(ends);
    const message = bytesOf(
      drawMessage(kinds, {}, random, {
        none: 1,
        fields: 10,
        bytes: 8,
        garbage: 2,
        'deep values': 0.3,
        'wrong lengths': 2,
      }),
    );
    const startedAtMs = performance.now();
    try {
      decode(message);
      accepted += 1;
    } catch (error) {
      if (error instanceof FrameError) refused += 1;
      else
        problems.push(
          `${name}, message ${index} of seed ${seed}: ${String(error)} at ${message.subarray(0, 200).toString('hex')}`,
        );
    }
    longestMs = Math.max(longestMs, performance.now() - startedAtMs);
  }
  if (({} as Record<string, unknown>).unknown !== undefined)
    problems.push('the prototype of every object has been changed');
  return { messages, accepted, refused, longestMs, problems };
}

function bytesOf(drawn: { send(socket: WebSocket): void }): Buffer {
  let sent: Buffer = Buffer.alloc(0);
  drawn.send({ send: (data: Buffer) => (sent = data) } as unknown as WebSocket);
  return sent;
}
