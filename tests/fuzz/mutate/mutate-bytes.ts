// Changes bytes without knowing what they mean: flip, cut, repeat, splice, insert. Pure.
import type { SeededRandom } from '../../faults/seeded-random.ts';

/** `other`: where foreign pieces come from. */
export function mutateBytes(bytes: Buffer, other: Buffer, random: SeededRandom): Buffer {
  let changed = bytes;
  for (let count = random.between(1, 4); count > 0; count -= 1) changed = changeOnce(changed, other, random);
  return changed;
}

function changeOnce(bytes: Buffer, other: Buffer, random: SeededRandom): Buffer {
  const at = random.between(0, Math.max(0, bytes.length - 1));
  const until = Math.min(bytes.length, at + random.pick([1, 2, 4, 16, 64]));
  switch (random.between(0, 5)) {
    case 0:
    case 1: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.between(0, 7));
      return copy;
    }
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, until), bytes.subarray(at, until), bytes.subarray(until)]);
    case 4: {
      const from = random.between(0, Math.max(0, other.length - 1));
      return Buffer.concat([
        bytes.subarray(0, at),
        other.subarray(from, from + random.between(1, 64)),
        bytes.subarray(until),
      ]);
    }
    default: {
      const noise = Buffer.from(Array.from({ length: random.between(1, 8) }, () => random.between(0, 255)));
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
    }
  }
}
