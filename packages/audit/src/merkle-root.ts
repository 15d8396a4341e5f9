// One hash over a batch of results, so that one audit row stands for all of them. Pure.
import { createHash } from 'node:crypto';

/** Hex. RFC 6962 shape: leaves and inner nodes are hashed with different first bytes. Empty: the hash of nothing. */
export function merkleRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return createHash('sha256').digest('hex');
  let level: Buffer[] = leaves.map((leaf) => createHash('sha256').update('\u0000').update(leaf).digest());
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Buffer;
      const right = level[i + 1];
      next.push(right === undefined ? left : createHash('sha256').update('\u0001').update(left).update(right).digest());
    }
    level = next;
  }
  return (level[0] as Buffer).toString('hex');
}
