// One hash over a batch of results, so that one audit row stands for all of them. Pure.
import { hash } from 'node:crypto';

const branch = Buffer.from([1]);

/** Hex. RFC 6962 shape: leaves and inner nodes are hashed with different first bytes. Empty: the hash of nothing. */
export function merkleRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return hash('sha256', '');
  let level: Buffer[] = leaves.map((leaf) => hash('sha256', `\u0000${leaf}`, 'buffer'));
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Buffer;
      const right = level[i + 1];
      next.push(right === undefined ? left : hash('sha256', Buffer.concat([branch, left, right]), 'buffer'));
    }
    level = next;
  }
  return (level[0] as Buffer).toString('hex');
}
