// What an organization's dispatch keys say of each other: the line that a satellite follows from the key that it has pinned. Written by the
// signer, carried by relays, believed by satellites as far as it is signed. Schemas and types only.
import { z } from 'zod';

const id = z.string().min(1).max(128);
/** SPKI DER, base64url, Ed25519. */
const publicKey = z.string().max(256);
/** The first key has 1 and no statement: each statement has the next number. */
const sequence = z.int().min(2);
const instant = z.iso.datetime({ precision: 3 });

/** Signed by `previousKeyId`, which was the newest until then. */
const successionSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal('succession'),
  organizationId: id,
  sequence,
  keyId: id,
  publicKey,
  previousKeyId: id,
  notBefore: instant,
});

/** Signed by the newest key: from now on that one is not believed. */
const retirementSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal('retirement'),
  organizationId: id,
  sequence,
  retiredKeyId: id,
  notBefore: instant,
});

export const dispatchKeyStatementSchema = z.discriminatedUnion('kind', [successionSchema, retirementSchema]);
export type DispatchKeyStatement = z.infer<typeof dispatchKeyStatementSchema>;
export const dispatchKeyStatementType = 'sena-dispatch-key+jws';
