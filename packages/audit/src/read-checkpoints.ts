// The checkpoints that the signer has made, and who has signed them. Entered by the relay, by exports and by who shows them. Reads only.
import {
  type Checkpoint,
  type CheckpointKey,
  type Cosignature,
  type SatelliteKeyChange,
  satelliteKeyChangeSchema,
} from '@sena/contracts/domain/checkpoint';
import type { TenantTransaction } from '@sena/db/tenant';

interface CheckpointRow {
  size: string;
  root: string;
  head_hash: string;
  at: Date;
  key_id: string;
  signature: string;
}

const columns = 'c.size, c.root, c.head_hash, c.at, c.key_id, c.signature';

function toCheckpoint(organizationId: string, row: CheckpointRow): Checkpoint {
  const { root, head_hash: headHash, key_id: keyId, signature } = row;
  return { organizationId, size: Number(row.size), root, headHash, at: row.at.toISOString(), keyId, signature };
}

/** `certifiedBy`: the dispatch key that names the key of checkpoints; null: that is not known. */
export async function readLastCheckpoint(
  transaction: TenantTransaction,
): Promise<{ checkpoint: Checkpoint; key: CheckpointKey; certifiedBy: string | null } | null> {
  const found = await transaction.query<
    CheckpointRow & { public_key: string; certificate: string; certified_by: string | null }
  >(
    `select ${columns}, k.public_key, k.certificate, k.certified_by from audit_checkpoints c join checkpoint_keys k on k.id = c.key_id
     order by c.size desc limit 1`,
  );
  const row = found.rows[0];
  if (row === undefined) return null;
  const { key_id: keyId, public_key: publicKey, certificate, certified_by: certifiedBy } = row;
  const checkpoint = toCheckpoint(transaction.organizationId, row);
  return { checkpoint, key: { keyId, publicKey, certificate }, certifiedBy };
}

/** Of these satellites, the size of the last checkpoint that each has signed. One that has signed none is missing. */
export async function readWitnessedSizes(
  transaction: TenantTransaction,
  satelliteIds: readonly string[],
): Promise<Map<string, number>> {
  const found = await transaction.query<{ satellite_id: string; size: string }>(
    `select w.id as satellite_id, s.size from unnest($1::text[]) as w (id)
       cross join lateral (
         select size from audit_cosignatures where organization_id = current_organization() and satellite_id = w.id order by size desc limit 1
       ) s`,
    [satelliteIds],
  );
  return new Map(found.rows.map((row) => [row.satellite_id, Number(row.size)]));
}

export async function listCheckpointKeys(transaction: TenantTransaction): Promise<CheckpointKey[]> {
  const found = await transaction.query<{ id: string; public_key: string; certificate: string }>(
    'select id, public_key, certificate from checkpoint_keys order by created_at, id',
  );
  return found.rows.map(({ id, public_key: publicKey, certificate }) => ({ keyId: id, publicKey, certificate }));
}

/** In the order in which they happened. */
export async function listSatelliteKeyChanges(transaction: TenantTransaction): Promise<SatelliteKeyChange[]> {
  const found = await transaction.query<{ satellite_id: string; former: string; public_key: string; proof: object }>(
    'select satellite_id, former_public_key as former, public_key, proof from satellite_key_changes order by at, satellite_id',
  );
  return found.rows.map(({ satellite_id: satelliteId, former: formerPublicKey, public_key: publicKey, proof }) =>
    satelliteKeyChangeSchema.parse({ satelliteId, formerPublicKey, publicKey, ...proof }),
  );
}

/** Of the sizes after `afterSize` up to `upToSize`, in order. */
export async function listCheckpoints(
  transaction: TenantTransaction,
  afterSize: number,
  upToSize: number,
): Promise<Array<{ checkpoint: Checkpoint; cosignatures: Cosignature[] }>> {
  const { organizationId } = transaction;
  const checkpoints = await transaction.query<CheckpointRow>(
    `select ${columns} from audit_checkpoints c where c.size > $1 and c.size <= $2 order by c.size`,
    [afterSize, upToSize],
  );
  const signed = await transaction.query<{
    size: string;
    satellite_id: string;
    public_key: string;
    at: Date;
    signature: string;
  }>(
    `select size, satellite_id, public_key, at, signature from audit_cosignatures
     where size > $1 and size <= $2 order by size, satellite_id`,
    [afterSize, upToSize],
  );
  const bySize = Map.groupBy(signed.rows, (row) => row.size);
  return checkpoints.rows.map((row) => ({
    checkpoint: toCheckpoint(organizationId, row),
    cosignatures: (bySize.get(row.size) ?? []).map(({ satellite_id, public_key, at, signature }) => ({
      satelliteId: satellite_id,
      publicKey: public_key,
      at: at.toISOString(),
      signature,
    })),
  }));
}
