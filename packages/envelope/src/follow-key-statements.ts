// From the dispatch keys that a satellite believes to those that they say come next. Entered by the satellite with what a relay has brought.
// Pure; what is not exactly the next word of the newest key is refused, and nothing is learned from it.
import {
  type DispatchKeyStatement,
  dispatchKeyStatementSchema,
  dispatchKeyStatementType,
} from '@sena/contracts/domain/dispatch-key';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { fingerprintOf, importPublicKey } from './dispatch-key.ts';

export interface TrustedKey {
  readonly keyId: string;
  /** SPKI DER, base64url. */
  readonly publicKey: string;
  readonly fingerprint: string;
  /** Of the satellite's clock; null: it is believed. */
  readonly retiredAt: string | null;
}

export interface KeyTrust {
  /** Of the last statement that was followed, or of the key that was pinned. */
  readonly sequence: number;
  /** The only one that may say what comes next. */
  readonly newestKeyId: string;
  /** Each that ever was believed. */
  readonly keys: readonly TrustedKey[];
}

export type KeyStatementRefusalCode =
  | 'statement_malformed'
  | 'statement_other_organization'
  /** It was followed before, or lies before what was pinned. */
  | 'statement_replayed'
  /** Between it and the last one that was followed others are missing. */
  | 'statement_out_of_line'
  | 'statement_signer_unknown'
  | 'statement_signature_wrong'
  | 'statement_not_yet_valid'
  | 'statement_contradicts';

export type FollowedStatements = {
  /** Up to the last one that holds. */
  readonly trust: KeyTrust;
  readonly followed: readonly DispatchKeyStatement[];
  readonly refusal: { readonly code: KeyStatementRefusalCode; readonly message: string } | null;
};

const headerSchema = z.strictObject({
  alg: z.literal('EdDSA'),
  typ: z.literal(dispatchKeyStatementType),
  kid: z.string().min(1).max(128),
});

/** `clockSkewMsMax`: how far `notBefore` may lie ahead. Never throws for what the statements hold. */
export async function followKeyStatements(
  trust: KeyTrust,
  statements: readonly string[],
  { organizationId, now, clockSkewMsMax }: { organizationId: string; now: Date; clockSkewMsMax: number },
): Promise<FollowedStatements> {
  let current = trust;
  const followed: DispatchKeyStatement[] = [];
  for (const jws of statements) {
    const judged = await judge(current, jws, organizationId);
    if (judged.kind === 'refused') return { trust: current, followed, refusal: judged.refusal };
    const { statement } = judged;
    if (Date.parse(statement.notBefore) > now.getTime() + clockSkewMsMax)
      return {
        ...{ trust: current, followed },
        refusal: {
          code: 'statement_not_yet_valid',
          message: `The statement about dispatch keys is valid from ${statement.notBefore} only; check the clock.`,
        },
      };
    current = apply(current, statement, now);
    followed.push(statement);
  }
  return { trust: current, followed, refusal: null };
}

type Judged =
  | { readonly kind: 'holds'; readonly statement: DispatchKeyStatement }
  | { readonly kind: 'refused'; readonly refusal: NonNullable<FollowedStatements['refusal']> };

async function judge(trust: KeyTrust, jws: string, organizationId: string): Promise<Judged> {
  const header = headerSchema.safeParse(readHeader(jws));
  if (!header.success) return refuse('statement_malformed', 'It is not a statement about dispatch keys.');
  const signer = trust.keys.find(({ keyId }) => keyId === header.data.kid);
  // Nothing of it is believed yet, but for telling why it is refused: an old one is no attack.
  const claimed = dispatchKeyStatementSchema.safeParse(readPayload(jws));
  if (!claimed.success) return refuse('statement_malformed', 'The statement is not one that this satellite knows.');
  if (claimed.data.sequence <= trust.sequence)
    return refuse('statement_replayed', `Statement ${claimed.data.sequence} was followed before.`);
  if (claimed.data.sequence !== trust.sequence + 1)
    return refuse(
      'statement_out_of_line',
      `Statement ${claimed.data.sequence} came, and ${trust.sequence + 1} has to come first.`,
    );
  if (signer === undefined || signer.keyId !== trust.newestKeyId || signer.retiredAt !== null)
    return refuse(
      'statement_signer_unknown',
      `The newest key that this satellite believes is ${trust.newestKeyId}, and it did not sign the statement.`,
    );
  try {
    await compactVerify(jws, importPublicKey(signer.publicKey), { algorithms: ['EdDSA'] });
  } catch {
    return refuse('statement_signature_wrong', 'The statement was not signed by the newest key, or was altered.');
  }
  const statement = claimed.data;
  if (statement.organizationId !== organizationId)
    return refuse('statement_other_organization', 'The statement is about the keys of another organization.');
  const contradiction = contradictionOf(trust, statement);
  return contradiction === null ? { kind: 'holds', statement } : refuse('statement_contradicts', contradiction);
}

function contradictionOf(trust: KeyTrust, statement: DispatchKeyStatement): string | null {
  if (statement.kind === 'retirement')
    return statement.retiredKeyId === trust.newestKeyId ? 'The newest key can not retire itself.' : null;
  if (statement.previousKeyId !== trust.newestKeyId) return 'The statement names another key than the one that signed.';
  if (trust.keys.some(({ keyId, publicKey }) => keyId === statement.keyId || publicKey === statement.publicKey))
    return 'A key that was known before can not come again.';
  try {
    importPublicKey(statement.publicKey);
    return null;
  } catch {
    return 'The new key is not an Ed25519 key.';
  }
}

function apply(trust: KeyTrust, statement: DispatchKeyStatement, now: Date): KeyTrust {
  const { sequence } = statement;
  switch (statement.kind) {
    case 'succession': {
      const { keyId, publicKey } = statement;
      const key: TrustedKey = { keyId, publicKey, fingerprint: fingerprintOf(publicKey), retiredAt: null };
      return { sequence, newestKeyId: keyId, keys: [...trust.keys, key] };
    }
    case 'retirement': {
      const retiredAt = now.toISOString();
      // One that this satellite never knew: it was pinned after that key.
      const keys = trust.keys.map((key) => (key.keyId === statement.retiredKeyId ? { ...key, retiredAt } : key));
      return { ...trust, sequence, keys };
    }
  }
}

function readHeader(jws: string): unknown {
  try {
    const parts = jws.split('.');
    const isCanonical = parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
    return parts.length === 3 && isCanonical ? decodeProtectedHeader(jws) : null;
  } catch {
    return null;
  }
}

function readPayload(jws: string): unknown {
  try {
    return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function refuse(code: KeyStatementRefusalCode, message: string): Judged {
  return { kind: 'refused', refusal: { code, message } };
}
