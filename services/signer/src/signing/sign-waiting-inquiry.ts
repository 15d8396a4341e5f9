// Signs one waiting inquiry, or refuses it with the reason. Entered by start-signing for every inquiry without an envelope. No approval is
// asked for: it holds no command, so whoever has it can look, follow and plant tombstones. Writes the inquiry and the audit row
// in one transaction.
import { randomBytes } from 'node:crypto';
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { type InquiryEnvelope, inquiryEnvelopeSchema } from '@sena/contracts/envelope';
import { frameBytesMax } from '@sena/contracts/frames';
import { executionIdFor } from '@sena/contracts/ids';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { signInquiry } from '@sena/envelope/sign-inquiry';
import { readSigningKeys } from '../keys/read-signing-keys.ts';
import { type InquiryToSign, readInquiryToSign } from './read-inquiry.ts';

const actor = 'service:signer';
/** What a frame can carry besides the envelope. */
const envelopeBytesMax = frameBytesMax - 1_024;

export type SignedInquiry =
  | { readonly kind: 'signed'; readonly satelliteId: string }
  | { readonly kind: 'refused'; readonly detail: string }
  /** Somebody else was faster, or nothing is left to find out. */
  | { readonly kind: 'gone' };

/** Throws when it can't be said now whether it may be signed: the key is missing, or PostgreSQL is. */
export async function signWaitingInquiry(
  pool: Pool,
  masterKey: Buffer,
  organizationId: string,
  inquiryId: string,
): Promise<SignedInquiry> {
  return inOrganization(pool, organizationId, async (transaction): Promise<SignedInquiry> => {
    const inquiry = await readInquiryToSign(transaction, inquiryId);
    if (inquiry === null) return { kind: 'gone' };
    const envelope = toEnvelope(organizationId, inquiry);
    const problem = findProblem(inquiry, envelope);
    if (problem !== null) return refuse(transaction, inquiry, problem);
    const key = (await readSigningKeys(transaction, masterKey)).for(inquiry.satelliteKeyId);
    const jws = await signInquiry(envelope, key);
    if (jws.length > envelopeBytesMax) {
      return refuse(transaction, inquiry, `It names ${inquiry.nodes.length} nodes, more than one inquiry can carry.`);
    }
    await transaction.query('update inquiries set key_id = $2, jws = $3, signed_at = now() where id = $1', [
      inquiryId,
      key.keyId,
      jws,
    ]);
    await audit(transaction, inquiry, 'inquiry.signed', { keyId: key.keyId, executions: inquiry.nodes.length });
    return { kind: 'signed', satelliteId: inquiry.satelliteId };
  });
}

/** A sentence for the audit, or null: it may be signed. */
function findProblem(inquiry: InquiryToSign, envelope: InquiryEnvelope): string | null {
  if (!inquiry.wasSent) return 'Its dispatch was never sent, so there is nothing to find out.';
  if (inquiry.readOnly) return 'Its dispatch only reads, and leaves nothing on a node that could be found.';
  if (inquiry.satelliteRevoked) return 'The satellite that was to find out is revoked.';
  if (!inquiry.isOfSite) return 'The satellite that was to find out is not another one of the same site.';
  const foreign = inquiry.nodes.find(
    (node) => node.executionId !== executionIdFor(inquiry.runId, inquiry.step, node.nodeId),
  );
  if (foreign !== undefined) return `The execution on ${foreign.name} does not have the id of its run, step and node.`;
  const flaw = inquiryEnvelopeSchema.safeParse(envelope).error?.issues[0];
  return flaw === undefined ? null : `No satellite would take it: ${flaw.path.join('.')}: ${flaw.message}.`;
}

function toEnvelope(organizationId: string, inquiry: InquiryToSign): InquiryEnvelope {
  const { id, dispatchId, runId, satelliteId, limits, createdAt, expiresAt, dispatchExpiresAt, nodes } = inquiry;
  return {
    ...{ v: 1, inquiryId: id, dispatchId, organizationId, runId, satelliteId, limits, nodes },
    notBefore: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    dispatchExpiresAt: dispatchExpiresAt.toISOString(),
    nonce: randomBytes(18).toString('base64url'),
    traceparent: inquiry.traceparent,
  };
}

async function refuse(transaction: TenantTransaction, inquiry: InquiryToSign, detail: string): Promise<SignedInquiry> {
  await transaction.query('update inquiries set refused_at = now() where id = $1', [inquiry.id]);
  await audit(transaction, inquiry, 'inquiry.refused', { detail });
  return { kind: 'refused', detail };
}

async function audit(
  transaction: TenantTransaction,
  { id, runId, dispatchId, satelliteId }: InquiryToSign,
  action: string,
  data: Record<string, unknown>,
): Promise<void> {
  await appendAuditEvent(transaction, {
    ...{ action, actor, subject: id, runId },
    data: { dispatchId, satelliteId, ...data },
  });
}
