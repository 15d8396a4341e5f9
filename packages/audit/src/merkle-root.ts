// One hash over a batch of results, so that one audit row stands for all of them. Pure.
import { hash } from 'node:crypto';

const hashBytes = 32;

/** Hex. RFC 6962 shape: leaves and inner nodes are hashed with different first bytes. Empty: the hash of nothing. */
export function merkleRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return hash('sha256', '');
  let level: Buffer[] = leaves.map((leaf) => hash('sha256', `\u0000${leaf}`, 'buffer'));
  const branch = Buffer.alloc(1 + 2 * hashBytes, 1);
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Buffer;
      const right = level[i + 1];
      if (right === undefined) {
        next.push(left);
        continue;
      }
      branch.set(left, 1);
      branch.set(right, 1 + hashBytes);
      next.push(hash('sha256', branch, 'buffer'));
    }
    level = next;
  }
  return (level[0] as Buffer).toString('hex');
}
