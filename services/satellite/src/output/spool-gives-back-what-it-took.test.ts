import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createStreamSpool } from './stream-spool.ts';

describe('the spool', () => {
  it('delivers every byte once in order on one connection, and again from the acknowledged one on the next', () => {
    for (let round = 0; round < 200; round += 1) {
      const whole = randomBytes(randomInt(1, 200_000));
      const spool = createStreamSpool();
      const received = Buffer.alloc(whole.length);
      let taken = 0;
      let reached = 0;
      while (reached < whole.length) {
        const step = randomInt(4);
        if (step === 0 && taken < whole.length) {
          const size = randomInt(1, 40_000);
          spool.append(whole.subarray(taken, taken + size));
          taken = Math.min(whole.length, taken + size);
        } else if (step === 1) {
          const piece = spool.next(randomInt(1, 70_000));
          if (piece === null) continue;
          // Without a gap; what was there already must be the same.
          expect(piece.offset).toBeLessThanOrEqual(reached);
          piece.data.copy(received, piece.offset);
          reached = Math.max(reached, piece.offset + piece.data.length);
        } else if (step === 2) {
          spool.acknowledge(randomInt(reached + 1));
          expect(spool.ackedOffset()).toBeLessThanOrEqual(reached);
        } else if (randomInt(5) === 0) {
          spool.rewind();
          expect(spool.unsentBytes()).toBe(spool.heldBytes());
        }
        expect(spool.heldBytes()).toBe(taken - spool.ackedOffset());
        expect(spool.contents().equals(whole.subarray(spool.ackedOffset(), taken))).toBe(true);
      }
      expect(received.equals(whole)).toBe(true);
    }
  });

  it('does not free what was never sent, and frees nothing twice', () => {
    const spool = createStreamSpool();
    spool.append(Buffer.from('0123456789'));
    expect(spool.acknowledge(10)).toBe(0);
    spool.next(4);
    expect(spool.acknowledge(10)).toBe(4);
    expect(spool.acknowledge(3)).toBe(0);
    expect(spool.next(100)).toEqual({ offset: 4, data: Buffer.from('456789') });
  });

  it('keeps nothing of a chunk that changes after it was taken', () => {
    const spool = createStreamSpool();
    const chunk = Buffer.from('before');
    spool.append(chunk);
    chunk.write('after!');
    expect(spool.contents().toString()).toBe('before');
  });
});
