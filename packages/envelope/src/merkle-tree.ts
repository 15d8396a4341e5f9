// RFC 6962's tree over the seals of an audit chain, as the signer grows it, a satellite checks it and a verifier builds it again.
// Pure.
import { hash } from 'node:crypto';

export type MerkleHash = Buffer;

/** `size` leaves, a power of two. */
export interface Subtree {
  readonly size: number;
  readonly hash: MerkleHash;
}

const leafInput = Buffer.alloc(33);
const nodeInput = Buffer.alloc(65);
nodeInput[0] = 1;

/** `seal`: hex, 32 bytes. */
export function leafHash(seal: string): MerkleHash {
  if (leafInput.write(seal, 1, 'hex') !== 32 || seal.length !== 64) throw new Error('a leaf is 32 bytes in hex');
  return hash('sha256', leafInput, 'buffer');
}

export function nodeHash(left: MerkleHash, right: MerkleHash): MerkleHash {
  left.copy(nodeInput, 1);
  right.copy(nodeInput, 33);
  return hash('sha256', nodeInput, 'buffer');
}

export interface MerkleFrontier {
  size(): number;
  append(leaf: MerkleHash): void;
  /** The next subtree in order; it may not be larger than the last one that stands open. */
  appendSubtree(subtree: Subtree): void;
  /** Of the empty tree: the hash of nothing. */
  root(): MerkleHash;
  /** Whole subtrees, largest first: all that is needed to go on. */
  subtrees(): readonly Subtree[];
}

/** `completed` hears of every subtree of `completedSize` leaves, in order. */
export function growTree(
  from: readonly Subtree[] = [],
  completedSize = 0,
  completed: (hash: MerkleHash) => void = () => undefined,
): MerkleFrontier {
  const stack: Subtree[] = [...from];
  let size = from.reduce((sum, subtree) => sum + subtree.size, 0);

  function appendSubtree(subtree: Subtree): void {
    size += subtree.size;
    let merged = subtree;
    if (merged.size === completedSize) completed(merged.hash);
    for (let last = stack.at(-1); last !== undefined && last.size === merged.size; last = stack.at(-1)) {
      stack.pop();
      merged = { size: merged.size * 2, hash: nodeHash(last.hash, merged.hash) };
      if (merged.size === completedSize) completed(merged.hash);
    }
    const last = stack.at(-1);
    if (last !== undefined && last.size < merged.size) throw new Error('a subtree came before those in front of it');
    stack.push(merged);
  }

  return {
    size: () => size,
    append: (leaf) => appendSubtree({ size: 1, hash: leaf }),
    appendSubtree,
    root() {
      const last = stack.at(-1);
      if (last === undefined) return hash('sha256', '', 'buffer');
      let root = last.hash;
      for (let i = stack.length - 2; i >= 0; i -= 1) root = nodeHash((stack[i] as Subtree).hash, root);
      return root;
    },
    subtrees: () => [...stack],
  };
}

/** Leaves from the middle of a tree, with `before` others in front of them: the whole subtrees that they make, in order. */
export function growSpan(before: number): { append(leaf: MerkleHash): void; subtrees(): readonly Subtree[] } {
  const stack: Subtree[] = [];
  let end = before;
  return {
    append(leaf) {
      end += 1;
      let merged: Subtree = { size: 1, hash: leaf };
      for (let last = stack.at(-1); last?.size === merged.size && end % (2 * merged.size) === 0; last = stack.at(-1)) {
        stack.pop();
        merged = { size: merged.size * 2, hash: nodeHash(last.hash, merged.hash) };
      }
      stack.push(merged);
    },
    subtrees: () => [...stack],
  };
}

/** `hashes`: hex, those of the whole subtrees of a tree of this size, largest first. Throws when there are too many or too few. */
export function subtreesOf(size: number, hashes: readonly string[]): Subtree[] {
  const sizes: number[] = [];
  for (let rest = size; rest > 0; ) {
    const largest = largestPowerUpTo(rest);
    sizes.push(largest);
    rest -= largest;
  }
  if (sizes.length !== hashes.length) throw new Error(`a tree of ${size} has ${sizes.length} whole subtrees`);
  return sizes.map((each, i) => ({ size: each, hash: Buffer.from(hashes[i] as string, 'hex') }));
}

/** Not `Math.log2`: that rounds. */
export function largestPowerUpTo(size: number): number {
  let power = 1;
  while (power * 2 <= size) power *= 2;
  return power;
}
