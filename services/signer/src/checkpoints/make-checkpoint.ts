// Signs what an organization's chain is by now, as the continuation of its last checkpoint. Entered by start-checkpointing, one at a time
// for an organization (advisory lock). Reads seals, which are hashes: never what they seal. Writes audit_checkpoints and audit_tree.
import { genesisHash, sealHash } from '@sena/audit/chain-hash';
import { leavesATreeRow } from '@sena/audit/read-consistency-proof';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { growTree, leafHash, type MerkleFrontier, subtreesOf } from '@sena/envelope/merkle-tree';
import { isCheckpointSigned, signCheckpoint } from '@sena/envelope/sign-checkpoint';
import { openCheckpointKey } from './open-checkpoint-key.ts';

const sealsARead = 5_000;
/** What is left goes into the next one. */
const sealsACheckpoint = 200_000;

export type MadeCheckpoint =
  | { readonly kind: 'made'; readonly size: number; readonly root: string }
  /** Nothing new, or another signer is at it. */
  | { readonly kind: 'none' }
  /** It would vouch for what does not follow. Nothing is signed until a person has looked. */
  | { readonly kind: 'refused'; readonly seq: number; readonly reason: string };

/** Of the last checkpoint that this process signed or went on from. */
export type LastSigned = Map<string, { readonly size: number; readonly root: string }>;

interface SealRow {
  seq: string;
  event_sha256: string;
  previous_hash: string;
  hash: string;
}

/** `lastSigned`: a database that is set back is noticed here as long as this process lives; after that by the witnesses. */
export async function makeCheckpoint(
  pool: Pool,
  masterKey: Buffer,
  lastSigned: LastSigned,
  organizationId: string,
): Promise<MadeCheckpoint> {
  const made = await inOrganization(pool, organizationId, async (transaction): Promise<MadeCheckpoint> => {
    const lock = await transaction.query<{ got: boolean }>(
      `select pg_try_advisory_xact_lock(hashtextextended('sena.checkpoint:' || $1, 0)) as got`,
      [organizationId],
    );
    if (!lock.rows[0]?.got) return { kind: 'none' };
    const { keyId, pair } = await openCheckpointKey(transaction, masterKey);
    const last = await readLast(transaction, keyId, pair.publicKeySpki);
    if (last.kind === 'refused') return last;
    const known = lastSigned.get(organizationId);
    if (known !== undefined && (last.size < known.size || (last.size === known.size && last.root !== known.root)))
      return refuse(
        known.size,
        `a checkpoint over ${known.size} records was signed, and the database no longer has it`,
      );

    const completed: string[] = [];
    const tree = growTree(last.subtrees, leavesATreeRow, (hash) => completed.push(hash.toString('hex')));
    const grown = await grow(transaction, tree, last.headHash);
    if (grown.kind === 'refused') return grown;
    if (tree.size() === last.size) return { kind: 'none' };

    const root = tree.root().toString('hex');
    const at = new Date().toISOString();
    const { headHash } = grown;
    const checkpoint = signCheckpoint(
      { organizationId, size: tree.size(), root, headHash, at, keyId },
      pair.privateKey,
    );
    await transaction.query(
      `insert into audit_tree (organization_id, n, hash)
       select $1, $2 + ordinality - 1, hash from unnest($3::text[]) with ordinality as t (hash, ordinality)`,
      [organizationId, Math.floor(last.size / leavesATreeRow), completed],
    );
    const subtrees = tree.subtrees().map(({ hash }) => hash.toString('hex'));
    await transaction.query(
      `insert into audit_checkpoints (organization_id, size, root, head_hash, at, key_id, signature, subtrees)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [organizationId, checkpoint.size, root, headHash, at, keyId, checkpoint.signature, subtrees],
    );
    return { kind: 'made', size: checkpoint.size, root };
  });
  // After the commit: one that was rolled back was never there.
  if (made.kind === 'made') lastSigned.set(organizationId, made);
  return made;
}

type Last =
  | {
      readonly kind: 'found';
      readonly size: number;
      readonly root: string;
      readonly headHash: string;
      readonly subtrees: ReturnType<typeof subtreesOf>;
    }
  | Extract<MadeCheckpoint, { kind: 'refused' }>;

/** Believed only as far as this key has signed it. */
async function readLast(transaction: TenantTransaction, keyId: string, publicKey: string): Promise<Last> {
  const found = await transaction.query<{
    size: string;
    root: string;
    head_hash: string;
    at: Date;
    key_id: string;
    signature: string;
    subtrees: string[];
  }>('select size, root, head_hash, at, key_id, signature, subtrees from audit_checkpoints order by size desc limit 1');
  const row = found.rows[0];
  if (row === undefined) return { kind: 'found', size: 0, root: '', headHash: genesisHash, subtrees: [] };
  const size = Number(row.size);
  const { root, head_hash: headHash, signature } = row;
  const { organizationId } = transaction;
  const checkpoint = { organizationId, size, root, headHash, at: row.at.toISOString(), keyId: row.key_id, signature };
  if (row.key_id !== keyId || !isCheckpointSigned(checkpoint, publicKey))
    return refuse(size, `the checkpoint over ${size} records is not one that this key has signed`);
  const subtrees = subtreesOf(size, row.subtrees);
  if (growTree(subtrees).root().toString('hex') !== root)
    return refuse(size, `the subtrees of the checkpoint over ${size} records do not make its root`);
  return { kind: 'found', size, root, headHash, subtrees };
}

async function grow(
  transaction: TenantTransaction,
  tree: MerkleFrontier,
  lastHash: string,
): Promise<{ kind: 'grown'; headHash: string } | Extract<MadeCheckpoint, { kind: 'refused' }>> {
  const { organizationId } = transaction;
  const upTo = tree.size() + sealsACheckpoint;
  let previousHash = lastHash;
  while (tree.size() < upTo) {
    const seals = await transaction.query<SealRow>(
      'select seq, event_sha256, previous_hash, hash from audit_seals where seq > $1 order by seq limit $2',
      [tree.size(), sealsARead],
    );
    for (const { seq: text, event_sha256: eventSha256, previous_hash: previous, hash } of seals.rows) {
      const seq = tree.size() + 1;
      if (Number(text) !== seq) return refuse(seq, `seal ${seq} is missing`);
      if (previous !== previousHash) return refuse(seq, `seal ${seq} does not follow from the one before it`);
      if (hash !== sealHash({ organizationId, seq, previousHash, eventSha256 }))
        return refuse(seq, `seal ${seq} is not what the sealer makes`);
      tree.append(leafHash(hash));
      previousHash = hash;
    }
    if (seals.rows.length < sealsARead) break;
  }
  return { kind: 'grown', headHash: previousHash };
}

function refuse(seq: number, reason: string): Extract<MadeCheckpoint, { kind: 'refused' }> {
  return { kind: 'refused', seq, reason };
}
