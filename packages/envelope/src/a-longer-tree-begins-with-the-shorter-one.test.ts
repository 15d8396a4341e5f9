import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isConsistent, proofRanges } from './consistency-proof.ts';
import { growSpan, growTree, leafHash, subtreesOf } from './merkle-tree.ts';

const sha256 = (...parts: Array<string | Buffer>) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const seals = (count: number, salt = '') =>
  Array.from({ length: count }, (_, n) => sha256(`${salt}${n}`).toString('hex'));

/** RFC 6962, section 2.1, as it is written there. */
function rfc6962(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256('\u0000', Buffer.from(leaves[0] as string, 'hex'));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256('\u0001', rfc6962(leaves.slice(0, split)), rfc6962(leaves.slice(split)));
}

const treeOf = (leaves: readonly string[]) => ({ size: leaves.length, root: rfc6962(leaves).toString('hex') });
const proofOf = (leaves: readonly string[], fromSize: number) => ({
  fromSize,
  hashes: proofRanges(fromSize, leaves.length).map(({ start, end }) =>
    rfc6962(leaves.slice(start, end)).toString('hex'),
  ),
});

test('it is the tree of RFC 6962, for every count up to 130, also when it is put down and taken up again', () => {
  for (let count = 0; count <= 130; count += 1) {
    const leaves = seals(count);
    const whole = growTree();
    let resumed = growTree();
    for (const [n, leaf] of leaves.entries()) {
      whole.append(leafHash(leaf));
      resumed.append(leafHash(leaf));
      if (n % 7 === 0) {
        const kept = resumed.subtrees().map(({ hash }) => hash.toString('hex'));
        resumed = growTree(subtreesOf(resumed.size(), kept));
      }
    }
    expect(whole.root().toString('hex')).toBe(treeOf(leaves).root);
    expect(resumed.root().toString('hex')).toBe(treeOf(leaves).root);
    expect(whole.size()).toBe(count);
  }
});

test('it is the same tree when spans of it were grown apart, wherever they begin', () => {
  const leaves = seals(75);
  for (let first = 0; first <= leaves.length; first += 1) {
    for (const second of [first, first + 1, first + 6, first + 33, leaves.length].filter((at) => at <= leaves.length)) {
      const tree = growTree();
      for (const [from, to] of [
        [0, first],
        [first, second],
        [second, leaves.length],
      ] as const) {
        const span = growSpan(from);
        for (const leaf of leaves.slice(from, to)) span.append(leafHash(leaf));
        expect(span.subtrees().length).toBeLessThanOrEqual(12);
        for (const subtree of span.subtrees()) tree.appendSubtree(subtree);
      }
      expect(tree.size()).toBe(leaves.length);
      expect(tree.root().toString('hex')).toBe(treeOf(leaves).root);
    }
  }
});

test('whole subtrees of a size are told as they are completed', () => {
  const told: string[] = [];
  const leaves = seals(19);
  const tree = growTree([], 4, (hash) => told.push(hash.toString('hex')));
  for (const leaf of leaves) tree.append(leafHash(leaf));
  expect(told).toEqual([0, 4, 8, 12].map((at) => treeOf(leaves.slice(at, at + 4)).root));
});

test('a leaf is a seal of 32 bytes, and nothing else', () => {
  for (const wrong of ['', 'ab', 'g'.repeat(64), 'a'.repeat(66)]) expect(() => leafHash(wrong)).toThrow(/32 bytes/);
});

describe('between two sizes', () => {
  test('the proof of every pair up to 40 holds, and is short', () => {
    for (let to = 1; to <= 40; to += 1) {
      const leaves = seals(to);
      for (let from = 0; from <= to; from += 1) {
        const proof = proofOf(leaves, from);
        expect(proof.hashes.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(to + 1)));
        expect(isConsistent(treeOf(leaves.slice(0, from)), treeOf(leaves), proof), `${from} to ${to}`).toBe(true);
      }
    }
  });

  test('one record of the past changed, moved or left out: no proof holds', () => {
    for (const [from, to] of [
      [1, 2],
      [3, 7],
      [4, 8],
      [6, 13],
      [8, 9],
      [31, 40],
    ] as const) {
      const old = seals(from);
      for (let at = 0; at < from; at += 1) {
        const honest = seals(to);
        const changed = honest.with(at, seals(1, 'other')[0] as string);
        const left = [...honest.toSpliced(at, 1), ...seals(1, 'more')];
        for (const forged of [changed, left]) {
          // Made from what is told, and made from what was true.
          for (const proof of [proofOf(forged, from), proofOf(honest, from)])
            expect(isConsistent(treeOf(old), treeOf(forged), proof), `${from} to ${to}, at ${at}`).toBe(false);
        }
      }
    }
  });

  test('a proof of anything else, cut, or with a hash altered does not hold', () => {
    const leaves = seals(21);
    const [from, to] = [treeOf(leaves.slice(0, 13)), treeOf(leaves)];
    const proof = proofOf(leaves, 13);
    expect(isConsistent(from, to, proof)).toBe(true);
    const wrong = [
      { ...proof, fromSize: 12 },
      { ...proof, hashes: [] },
      { ...proof, hashes: proof.hashes.slice(1) },
      { ...proof, hashes: proof.hashes.slice(0, -1) },
      { ...proof, hashes: [...proof.hashes, proof.hashes[0] as string] },
      ...proof.hashes.map((_, at) => ({ ...proof, hashes: proof.hashes.with(at, 'a'.repeat(64)) })),
    ];
    for (const each of wrong) expect(isConsistent(from, to, each)).toBe(false);
    expect(isConsistent(to, from, proof)).toBe(false);
    expect(isConsistent({ ...from, size: 22 }, to, { fromSize: 22, hashes: [] })).toBe(false);
    expect(isConsistent(to, { ...to, root: from.root }, { fromSize: 21, hashes: [] })).toBe(false);
  });
});
