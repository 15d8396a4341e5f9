// Signs one waiting dispatch, or closes it with the reason. Entered by start-signer for every dispatch without an envelope.
// Writes the envelope or the outcomes, and the audit row, in one transaction.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { frameBytesMax } from '@sena/contracts/frames';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import { closeUnsentDispatches } from '@sena/runs/close-executions';
import type { RecordedRun } from '@sena/runs/record-results';
import { readSigningKey } from '../keys/read-signing-key.ts';
import { type Judgement, judgeDispatch } from './judge-dispatch.ts';
import { type DispatchToSign, readDispatchToSign } from './read-dispatch.ts';

const actor = 'service:signer';

type Refusal = Extract<Judgement, { kind: 'refuse' }>;

export type SignedDispatch =
  | { readonly kind: 'signed'; readonly satelliteId: string }
  | { readonly kind: 'refused'; readonly detail: string; readonly runs: RecordedRun[] }
  /** Somebody else was faster. */
  | { readonly kind: 'gone' };

/** What a frame can carry besides the envelope. */
const envelopeBytesMax = frameBytesMax - 1_024;

/** Throws when it can't be said now whether it may be signed: the key is missing, or PostgreSQL is. */
export async function signDispatch(
  pool: Pool,
  masterKey: Buffer,
  parser: ShellParser,
  organizationId: string,
  dispatchId: string,
): Promise<SignedDispatch> {
  return inOrganization(pool, organizationId, async (transaction): Promise<SignedDispatch> => {
    const dispatch = await readDispatchToSign(transaction, dispatchId);
    if (dispatch === null) return { kind: 'gone' };
    const judgement = judgeDispatch(parser, organizationId, dispatch, new Date());
    if (judgement.kind === 'refuse') return refuse(transaction, dispatch, judgement);
    const key = await readSigningKey(transaction, masterKey);
    const jws = await signEnvelope(judgement.envelope, key);
    if (jws.length > envelopeBytesMax) {
      const detail = `It names ${dispatch.nodes.length} nodes, more than one dispatch can carry. Ask for fewer at a time.`;
      return refuse(transaction, dispatch, { reason: 'signer_refused', detail });
    }
    await saveEnvelope(transaction, dispatch, key.keyId, jws, judgement.envelope.readOnly);
    return { kind: 'signed', satelliteId: dispatch.satelliteId };
  });
}

async function refuse(
  transaction: TenantTransaction,
  dispatch: DispatchToSign,
  { reason, detail }: Pick<Refusal, 'reason' | 'detail'>,
): Promise<SignedDispatch> {
  await appendAuditEvent(transaction, {
    action: 'dispatch.refused',
    actor,
    subject: dispatch.id,
    runId: dispatch.runId,
    data: { reason, detail },
  });
  const outcome = { kind: 'not_started', reason, detail: detail.slice(0, 500) } as const;
  return { kind: 'refused', detail, runs: await closeUnsentDispatches(transaction, [dispatch.id], outcome, actor) };
}

async function saveEnvelope(
  transaction: TenantTransaction,
  dispatch: DispatchToSign,
  keyId: string,
  jws: string,
  readOnly: boolean,
): Promise<void> {
  const { id, runId, satelliteId, approval } = dispatch;
  await transaction.query(
    'insert into dispatch_envelopes (dispatch_id, organization_id, key_id, jws) values ($1, $2, $3, $4)',
    [id, transaction.organizationId, keyId, jws],
  );
  if (approval !== null) {
    await transaction.query('update approvals set used_at = coalesce(used_at, now()) where id = $1', [approval.id]);
  }
  await appendAuditEvent(transaction, {
    action: 'dispatch.signed',
    actor,
    subject: id,
    runId,
    data: { keyId, satelliteId, readOnly, approvalId: approval?.id ?? null },
  });
}
