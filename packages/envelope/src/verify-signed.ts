// Entered by verify-envelope and verify-inquiry: what is true of everything that the signer signs for one satellite. Pure; everything
// that is not exactly right is refused, with a code for the log and a sentence for the person.
import type { KeyObject } from 'node:crypto';
import { type CryptoKey, compactVerify, decodeProtectedHeader } from 'jose';
import { z } from 'zod';

export type EnvelopeRefusalCode =
  | 'envelope_malformed'
  | 'envelope_header_refused'
  | 'envelope_key_unknown'
  | 'envelope_signature_wrong'
  | 'envelope_schema_refused'
  | 'envelope_other_organization'
  | 'envelope_other_satellite'
  | 'envelope_not_yet_valid'
  | 'envelope_expired';

export type Verified<E> =
  | { kind: 'verified'; envelope: E; keyId: string }
  | {
      kind: 'refused';
      code: EnvelopeRefusalCode;
      message: string;
      /** The signer's own words, when nothing but their time is wrong: the receiver may say so per execution. */
      untimely: E | null;
    };

export type EnvelopeExpectations = {
  /** Pinned public keys by `kid`. */
  keys: ReadonlyMap<string, KeyObject | CryptoKey>;
  organizationId: string;
  satelliteId: string;
  now: Date;
  /** How far `notBefore` may lie ahead. Expiry has no grace: past it the cloud has already given the work up. */
  clockSkewMsMax: number;
};

const headerSchema = z.strictObject({
  alg: z.literal('EdDSA'),
  typ: z.string(),
  kid: z.string().min(1).max(128),
});

/** What every signed thing says of itself. */
type Signed = {
  organizationId: string;
  satelliteId: string;
  notBefore: string;
  expiresAt: string;
  nodes: ReadonlyArray<{ executionId: string }>;
};

/** Never throws for what the envelope holds. */
export async function verifySigned<E extends Signed>(
  jws: string,
  /** `type`: of the header. The only header a signer writes: no other algorithm, no embedded key, no extension. */
  { type, schema }: { type: string; schema: z.ZodType<E> },
  expected: EnvelopeExpectations,
): Promise<Verified<E>> {
  const header = readHeader(jws);
  if (header === null) return refuse('envelope_malformed', 'The envelope is not a compact JWS.');
  const known = headerSchema.safeParse(header);
  if (!known.success || known.data.typ !== type) {
    return refuse('envelope_header_refused', `The envelope's header must name EdDSA, ${type} and a key id.`);
  }
  const { kid } = known.data;
  const key = expected.keys.get(kid);
  if (key === undefined) {
    return refuse('envelope_key_unknown', `The envelope names a key this satellite has not pinned (${quote(kid)}).`);
  }

  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(jws, key, { algorithms: ['EdDSA'] }));
  } catch {
    return refuse('envelope_signature_wrong', 'The envelope was not signed by the pinned key, or was altered.');
  }

  const parsed = schema.safeParse(parseJson(payload));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const at = issue?.path.join('.') || 'envelope';
    return refuse('envelope_schema_refused', `The envelope is not one this satellite knows: ${at}: ${issue?.message}.`);
  }
  const envelope = parsed.data;
  if (envelope.organizationId !== expected.organizationId) {
    return refuse('envelope_other_organization', 'The envelope was signed for another organization.');
  }
  if (envelope.satelliteId !== expected.satelliteId) {
    return refuse('envelope_other_satellite', 'The envelope was signed for another satellite.');
  }
  if (new Set(envelope.nodes.map((node) => node.executionId)).size !== envelope.nodes.length) {
    return refuse('envelope_schema_refused', 'The envelope names the same execution twice.');
  }
  if (Date.parse(envelope.expiresAt) <= Date.parse(envelope.notBefore)) {
    return refuse('envelope_schema_refused', 'The envelope expires before it begins.');
  }
  const nowMs = expected.now.getTime();
  if (Date.parse(envelope.notBefore) > nowMs + expected.clockSkewMsMax) {
    const message = `The envelope is valid from ${envelope.notBefore} only; check the clock.`;
    return refuse('envelope_not_yet_valid', message, envelope);
  }
  if (Date.parse(envelope.expiresAt) <= nowMs) {
    const message = `The envelope expired at ${envelope.expiresAt}; ask again, or check the clock.`;
    return refuse('envelope_expired', message, envelope);
  }
  return { kind: 'verified', envelope, keyId: kid };
}

function readHeader(jws: string): unknown {
  try {
    const parts = jws.split('.');
    // One spelling only: base64url has spare bits at its end that a decoder ignores.
    const isCanonical = parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
    return parts.length === 3 && isCanonical ? decodeProtectedHeader(jws) : null;
  } catch {
    return null;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function refuse<E>(code: EnvelopeRefusalCode, message: string, untimely: E | null = null): Verified<E> {
  return { kind: 'refused', code, message, untimely };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
