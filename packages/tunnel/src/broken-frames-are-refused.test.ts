import { frameBytesMax, framesPerMessageMax, type SatelliteFrame } from '@sena/contracts/frames';
import { Packr, pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { decodeRelayFrames, decodeSatelliteFrames } from './decode-frames.ts';
import { encodeFrame, encodeFrames, joinFrames } from './encode-frames.ts';
import { FrameError } from './frame-error.ts';

const output = (data: Uint8Array): SatelliteFrame => ({
  t: 'output',
  executionId: 'e-1',
  attempt: 1,
  stream: 'stdout',
  offset: 5_000_000_000,
  data,
});
const started: SatelliteFrame = {
  t: 'started',
  executionId: 'e-1',
  attempt: 1,
  at: '2026-03-01T12:00:00Z',
  bootId: 'boot-1',
};

function refusalOf(decode: () => unknown): string {
  try {
    decode();
  } catch (error) {
    if (error instanceof FrameError) return error.code;
    throw error;
  }
  return 'accepted';
}
const plain = new Packr({ useRecords: false });
const fromSatellite = (value: unknown) => refusalOf(() => decodeSatelliteFrames(plain.pack(value)));
const bytes = (hex: string) => refusalOf(() => decodeSatelliteFrames(Buffer.from(hex, 'hex')));

describe('frames', () => {
  it('arrive as they were sent, bytes and offsets past 4 GiB included', () => {
    const data = Buffer.from([0, 255, 254, 27, 91, 0xc1, 0x80]);
    const frames = decodeSatelliteFrames(encodeFrames([started, output(data)]));
    expect(frames[0]).toEqual(started);
    expect(frames[1]).toMatchObject({ t: 'output', offset: 5_000_000_000 });
    const received = frames[1]?.t === 'output' ? frames[1].data : undefined;
    expect(received && Buffer.from(received).equals(data)).toBe(true);
  });

  it('are known by name: another name refuses', () => {
    expect(fromSatellite([{ t: 'shell', command: 'id' }])).toBe('unknown_frame');
    expect(fromSatellite([{ t: '__proto__' }])).toBe('unknown_frame');
  });

  it('of the other direction refuse', () => {
    expect(refusalOf(() => decodeRelayFrames(encodeFrames([started])))).toBe('unknown_frame');
  });

  it('with an unknown, missing or wrong field refuse', () => {
    expect(fromSatellite([{ ...started, organizationId: 'org_1' }])).toBe('malformed_frame');
    expect(fromSatellite([{ ...started, at: undefined }])).toBe('malformed_frame');
    expect(fromSatellite([{ ...started, attempt: -1 }])).toBe('malformed_frame');
    expect(fromSatellite([{ ...output(Buffer.alloc(1)), data: 'text' }])).toBe('malformed_frame');
  });

  it('are an array of maps: anything else refuses', () => {
    for (const value of [{}, 7, 'x', null, [7], [null], [[]]]) {
      expect(fromSatellite(value), JSON.stringify(value)).toBe('malformed_frame');
    }
  });

  it('that are too large, or too many, refuse at both ends', () => {
    expect(() => encodeFrame(output(Buffer.alloc(frameBytesMax)))).toThrow(FrameError);
    expect(fromSatellite([output(Buffer.alloc(frameBytesMax))])).toBe('oversized_frame');
    const many = Array.from({ length: framesPerMessageMax + 1 }, () => encodeFrame(started));
    expect(() => joinFrames(many)).toThrow(FrameError);
    expect(fromSatellite(Array.from({ length: framesPerMessageMax + 1 }, () => started))).toBe('oversized_frame');
  });

  it('with a msgpack extension never reach the decoder', () => {
    expect(refusalOf(() => decodeSatelliteFrames(pack([{ ...started, at: new Date() }])))).toBe('malformed_frame');
    const records = new Packr({ useRecords: true }).pack([started]);
    expect(refusalOf(() => decodeSatelliteFrames(records))).toBe('malformed_frame');
    expect(bytes('91d67841424344')).toBe('malformed_frame');
  });

  it('that lie about a length refuse at once', () => {
    expect(bytes('ddffffffff')).toBe('malformed_frame');
    expect(bytes('91ddffffffff')).toBe('malformed_frame');
    expect(bytes('91dfffffffff')).toBe('malformed_frame');
    expect(bytes('91c6ffffffff')).toBe('malformed_frame');
    expect(bytes('91c1')).toBe('malformed_frame');
    expect(bytes('')).toBe('malformed_frame');
    expect(bytes('91'.repeat(20))).toBe('malformed_frame');
    expect(bytes('9000')).toBe('malformed_frame');
  });

  it('cut anywhere or with any byte changed either decode or refuse, and never throw anything else', () => {
    const message = encodeFrames([started, output(Buffer.from('abc'))]);
    for (let at = 0; at < message.length; at += 1) {
      expect(refusalOf(() => decodeSatelliteFrames(message.subarray(0, at)))).toBe('malformed_frame');
      for (const value of [0x00, 0x80, 0xc1, 0xc7, 0xd6, 0xdf, 0xff]) {
        const altered = Buffer.from(message);
        altered[at] = value;
        refusalOf(() => decodeSatelliteFrames(altered));
      }
    }
  });
});
