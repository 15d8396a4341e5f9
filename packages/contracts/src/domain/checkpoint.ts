// What vouches for an organization's audit chain: signed checkpoints, and what satellites sign under them. Read by the signer, the relay,
// satellites, exports and whoever verifies one. Schemas and types only.
import { z } from 'zod';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
/** Ed25519, base64url. */
const signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);
/** SPKI DER, base64url, Ed25519. */
const publicKey = z.string().max(256);
const id = z.string().min(1).max(128);
const instant = z.iso.datetime({ precision: 3 });

/** The first `size` records of a chain: `root` is RFC 6962's over their seals, `headHash` the last seal. */
export const checkpointSchema = z.strictObject({
  organizationId: id,
  size: z.int().min(1),
  root: sha256Hex,
  headHash: sha256Hex,
  at: instant,
  keyId: id,
  signature,
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** The key of checkpoints. `certificate`: a compact JWS in which the organization's dispatch key, which satellites have pinned, names it. */
export const checkpointKeySchema = z.strictObject({ keyId: id, publicKey, certificate: z.string().max(4_096) });
export type CheckpointKey = z.infer<typeof checkpointKeySchema>;

/** What the certificate says. */
export const checkpointKeyClaimSchema = z.strictObject({ v: z.literal(1), organizationId: id, keyId: id, publicKey });
export type CheckpointKeyClaim = z.infer<typeof checkpointKeyClaimSchema>;
export const checkpointKeyType = 'sena-checkpoint-key+jws';

/** A satellite's own key says: this checkpoint continues the last one that I saw. */
export const cosignatureSchema = z.strictObject({ satelliteId: id, publicKey, at: instant, signature });
export type Cosignature = z.infer<typeof cosignatureSchema>;

/** A satellite's key became another one: both have signed it, over the challenge of the connection in which it was told. */
export const satelliteKeyChangeSchema = z.strictObject({
  satelliteId: id,
  formerPublicKey: publicKey,
  publicKey,
  nonce: z.string().max(128),
  relayId: z.string().max(256),
  formerSignature: signature,
  signature,
});
export type SatelliteKeyChange = z.infer<typeof satelliteKeyChangeSchema>;

/** From the tree over the first `fromSize` records to that of the checkpoint. RFC 6962, section 2.1.2. */
export const consistencyProofSchema = z.strictObject({
  fromSize: z.int().min(0),
  hashes: z.array(sha256Hex).max(128),
});
export type ConsistencyProof = z.infer<typeof consistencyProofSchema>;

/** What a satellite keeps, and what its operator takes along: the last checkpoint that it has signed. */
export const witnessedCheckpointSchema = z.strictObject({
  v: z.literal(1),
  checkpoint: checkpointSchema,
  key: checkpointKeySchema,
  cosignature: cosignatureSchema,
});
export type WitnessedCheckpoint = z.infer<typeof witnessedCheckpointSchema>;
