// One WebSocket message for either end of a tunnel: frames of every kind in any order, right, or wrong in a way that has a name. Pure, until
// it is sent.
import type { Socket } from 'node:net';
import { framesPerMessageMax } from '@sena/contracts/frames';
import { type EncodedFrame, encodeFrame, joinFrames, messageBytesMax } from '@sena/tunnel/encode-frames';
import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import type { SeededRandom } from '../../faults/seeded-random.ts';
import { mutateBytes } from '../mutate/mutate-bytes.ts';
import { mutateValue } from '../mutate/mutate-value.ts';
import { type FrameKind, sampleFrame } from './sample-frames.ts';

const packr = new Packr({ useRecords: false });

export const messageBreaks = {
  none: 30,
  fields: 34,
  bytes: 12,
  garbage: 4,
  text: 2,
  fragments: 6,
  'fragments without end': 2,
  'many frames': 0.5,
  'deep values': 1,
  'wrong lengths': 3,
  oversized: 0.3,
  pings: 5,
  'websocket itself': 1,
} as const;
export type MessageBreak = keyof typeof messageBreaks;

export interface DrawnMessage {
  readonly broken: MessageBreak;
  readonly frames: number;
  send(socket: WebSocket): void;
}

export type FrameWords = Readonly<Record<string, readonly string[]>>;

export function drawMessage(
  kinds: readonly FrameKind[],
  words: FrameWords,
  random: SeededRandom,
  choices: Partial<Record<MessageBreak, number>> = messageBreaks,
): DrawnMessage {
  const { name: broken } = random.pickWeighted(
    Object.entries(choices).map(([name, weight]) => ({ name: name as MessageBreak, weight })),
  );
  const frames = Array.from({ length: random.pick([1, 1, 1, 2, 3, 12]) }, () =>
    sampleFrame(random.pick(kinds), words, random),
  );
  const right = encode(frames);
  const send = (data: Buffer | string) => (socket: WebSocket) => socket.send(data, () => undefined);
  const drawn = { broken, frames: frames.length };
  switch (broken) {
    case 'none':
      return { ...drawn, send: send(right) };
    case 'fields': {
      const wrong = random.between(0, frames.length - 1);
      const mutated = frames.map((frame, index) => (index === wrong ? mutateValue(frame, random) : frame));
      return { ...drawn, send: send(encode(mutated)) };
    }
    case 'bytes':
      return {
        ...drawn,
        send: send(mutateBytes(right, encode([sampleFrame(random.pick(kinds), words, random)]), random)),
      };
    case 'garbage':
      return {
        ...drawn,
        send: send(Buffer.from(Array.from({ length: random.between(0, 300) }, () => random.between(0, 255)))),
      };
    case 'text':
      return {
        ...drawn,
        send: send(random.pick(['', '[]', JSON.stringify(frames.map((frame) => frame.t)), '\u202e'])),
      };
    case 'fragments':
    case 'fragments without end':
      return { ...drawn, send: (socket) => sendInPieces(socket, right, random.between(2, 40), broken === 'fragments') };
    case 'many frames': {
      const frame = encodeFrame(frames[0] as never);
      const count = random.pick([framesPerMessageMax, framesPerMessageMax + 1, 60_000]);
      if (count <= framesPerMessageMax && frame.length < 1_000)
        return { ...drawn, frames: count, send: send(joinFrames(Array.from({ length: count }, () => frame))) };
      return {
        ...drawn,
        frames: count,
        send: send(Buffer.concat([Buffer.from([0xdc, count >> 8, count & 0xff]), Buffer.alloc(count, 0xc0)])),
      };
    }
    case 'deep values':
      return {
        ...drawn,
        send: send(
          Buffer.concat([
            Buffer.from([0x91]),
            Buffer.alloc(random.pick([7, 8, 9, 1_000, 200_000]), random.pick([0x91, 0x81])),
            Buffer.from([0xc0]),
          ]),
        ),
      };
    case 'wrong lengths': {
      // Lengths that promise more than there is, up to 4 GiB.
      const token = random.pick([0xc6, 0xdb, 0xdd, 0xdf, 0xdc, 0xde, 0xc9, 0xd4, 0xc7]);
      return {
        ...drawn,
        send: send(
          Buffer.concat([
            Buffer.from([0x91, 0x81, 0xa1, 0x74, token, 0xff, 0xff, 0xff, random.between(0, 255)]),
            right,
          ]),
        ),
      };
    }
    case 'oversized':
      return {
        ...drawn,
        send: send(Buffer.alloc(random.pick([messageBytesMax - 1, messageBytesMax, messageBytesMax + 1]), 0xc0)),
      };
    case 'pings':
      return {
        ...drawn,
        frames: 0,
        send: (socket) => {
          for (let count = random.pick([1, 5, 200]); count > 0; count -= 1) {
            if (random.chance(0.5)) socket.ping(Buffer.alloc(random.between(0, 125), 1), undefined, () => undefined);
            else socket.pong(Buffer.alloc(random.between(0, 125), 1), undefined, () => undefined);
          }
        },
      };
    case 'websocket itself':
      return {
        ...drawn,
        frames: 0,
        send: (socket) => {
          const noise = Buffer.from(Array.from({ length: random.between(1, 40) }, () => random.between(0, 255)));
          // Under the protocol: what no WebSocket library sends.
          (socket as unknown as { _socket: Socket })._socket.write(noise);
        },
      };
  }
}

/** Of anything, also of what is no frame. */
function encode(values: readonly unknown[]): Buffer {
  return joinFrames(
    values.map((value): EncodedFrame => {
      const part = packr.pack(value);
      return { parts: [part], length: part.length };
    }),
  );
}

function sendInPieces(socket: WebSocket, message: Buffer, count: number, hasEnd: boolean): void {
  const size = Math.max(1, Math.ceil(message.length / count));
  for (let at = 0; at < message.length; at += size) {
    const isLast = at + size >= message.length;
    socket.send(message.subarray(at, at + size), { fin: isLast && hasEnd }, () => undefined);
  }
}
