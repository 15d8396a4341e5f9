// The proof that a chain's first records are those that somebody saw, read from the seals and from the roots that the signer keeps over 256
// of them. Entered by the relay, for satellites. Reads only.
import type { ConsistencyProof } from '@sena/contracts/domain/checkpoint';
import type { TenantTransaction } from '@sena/db/tenant';
import { type LeafRange, proofRanges } from '@sena/envelope/consistency-proof';
import { growTree, leafHash } from '@sena/envelope/merkle-tree';

/** Seals under one row of audit_tree. */
export const leavesATreeRow = 256;

/** `toSize`: of a checkpoint that exists. Reads less than 256 seals and one row for every 256 more, for each of a few hashes. */
export async function readConsistencyProof(
  transaction: TenantTransaction,
  fromSize: number,
  toSize: number,
): Promise<ConsistencyProof> {
  const hashes: string[] = [];
  for (const range of proofRanges(fromSize, toSize)) hashes.push(await readRoot(transaction, range));
  return { fromSize, hashes };
}

async function readRoot(transaction: TenantTransaction, { start, end }: LeafRange): Promise<string> {
  const tree = growTree();
  // A range of a tree begins at a multiple of its size's power of two: where it holds a whole row, it begins with one.
  const rows = end - start < leavesATreeRow ? 0 : Math.floor((end - start) / leavesATreeRow);
  if (rows > 0) {
    const found = await transaction.query<{ hash: string }>(
      'select hash from audit_tree where n >= $1 and n < $2 order by n',
      [start / leavesATreeRow, start / leavesATreeRow + rows],
    );
    for (const { hash } of found.rows) tree.appendSubtree({ size: leavesATreeRow, hash: Buffer.from(hash, 'hex') });
  }
  const found = await transaction.query<{ hash: string }>(
    'select hash from audit_seals where seq > $1 and seq <= $2 order by seq',
    [start + rows * leavesATreeRow, end],
  );
  for (const { hash } of found.rows) tree.append(leafHash(hash));
  // Whoever gets it finds out that it proves nothing; whoever sends it should know why.
  if (tree.size() !== end - start) throw new Error(`seals between ${start} and ${end} are missing`);
  return tree.root().toString('hex');
}
