// That a longer tree begins with a shorter one: which hashes show it, and whether they do. RFC 6962, section 2.1.2. Pure.
import type { ConsistencyProof } from '@sena/contracts/domain/checkpoint';
import { largestPowerUpTo, type MerkleHash, nodeHash } from './merkle-tree.ts';

export interface LeafRange {
  readonly start: number;
  /** Not part of it. */
  readonly end: number;
}

/** The ranges of leaves whose roots are the proof, in its order. None where there is nothing to show. */
export function proofRanges(fromSize: number, toSize: number): LeafRange[] {
  if (fromSize < 0 || fromSize > toSize) throw new Error(`no tree of ${toSize} begins with ${fromSize}`);
  return fromSize === 0 ? [] : rangesBelow(fromSize, { start: 0, end: toSize }, true);
}

/** `isWhole`: the shorter tree is all of this range's beginning, so its root is known already. */
function rangesBelow(fromSize: number, { start, end }: LeafRange, isWhole: boolean): LeafRange[] {
  const size = end - start;
  if (fromSize === size) return isWhole ? [] : [{ start, end }];
  const split = largestPowerUpTo(size - 1);
  const middle = start + split;
  if (fromSize <= split) return [...rangesBelow(fromSize, { start, end: middle }, isWhole), { start: middle, end }];
  return [...rangesBelow(fromSize - split, { start: middle, end }, false), { start, end: middle }];
}

/** Roots in hex. True only where `proof` shows that the tree `to` begins with the tree `from`. Never throws. */
export function isConsistent(
  from: { size: number; root: string },
  to: { size: number; root: string },
  proof: ConsistencyProof,
): boolean {
  if (proof.fromSize !== from.size || from.size > to.size) return false;
  if (from.size === 0) return proof.hashes.length === 0;
  if (from.size === to.size) return proof.hashes.length === 0 && from.root === to.root;
  const path: MerkleHash[] = proof.hashes.map((each) => Buffer.from(each, 'hex'));
  if (largestPowerUpTo(from.size) === from.size) path.unshift(Buffer.from(from.root, 'hex'));
  const [first, ...others] = path;
  if (first === undefined || path.some((each) => each.length !== 32)) return false;

  let [at, last] = [from.size - 1, to.size - 1];
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  let [fromRoot, toRoot] = [first, first];
  for (const other of others) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      fromRoot = nodeHash(other, fromRoot);
      toRoot = nodeHash(other, toRoot);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      toRoot = nodeHash(toRoot, other);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && fromRoot.toString('hex') === from.root && toRoot.toString('hex') === to.root;
}

/** Shifts would cut at 32 bits. */
function half(value: number): number {
  return Math.floor(value / 2);
}
