import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { merkleRoot } from './merkle-root.ts';

const sha256 = (...parts: Array<string | Buffer>) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leaf = (text: string) => sha256('\u0000', text);
const node = (left: Buffer, right: Buffer) => sha256('\u0001', left, right);

/** RFC 6962, section 2.1, as it is written there. */
function rfc6962(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaf(leaves[0] as string);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return node(rfc6962(leaves.slice(0, split)), rfc6962(leaves.slice(split)));
}

const leaves = (count: number) => Array.from({ length: count }, (_, n) => `leaf ${n}`);

test('it is the tree of RFC 6962, for every count up to 70', () => {
  for (let count = 0; count <= 70; count += 1) {
    expect(merkleRoot(leaves(count))).toBe(rfc6962(leaves(count)).toString('hex'));
  }
});

test('any leaf changed, dropped, added, doubled or moved changes the root', () => {
  for (const count of [1, 2, 3, 8, 13]) {
    const batch = leaves(count);
    const root = merkleRoot(batch);
    for (let at = 0; at < count; at += 1) {
      expect(merkleRoot(batch.with(at, 'other'))).not.toBe(root);
      expect(merkleRoot(batch.toSpliced(at, 1))).not.toBe(root);
      expect(merkleRoot(batch.toSpliced(at, 0, batch[at] as string))).not.toBe(root);
      if (at > 0)
        expect(merkleRoot(batch.with(at, batch[at - 1] as string).with(at - 1, batch[at] as string))).not.toBe(root);
    }
  }
});

test('a leaf can not stand in for a branch', () => {
  const branch = Buffer.concat([Buffer.from('\u0001'), leaf('a'), leaf('b')]).toString('latin1');
  expect(merkleRoot([branch])).not.toBe(merkleRoot(['a', 'b']));
});
