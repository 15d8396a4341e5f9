// Signs one waiting dispatch, or closes it with the reason. Entered by start-signer for every dispatch without an envelope.
// Writes the envelope or the outcomes, and the audit row, in one transaction.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import { closeUnsentDispatches } from '@sena/runs/close-executions';
import type { RecordedRun } from '@sena/runs/record-results';
import { readSigningKey } from '../keys/read-signing-key.ts';
import { judgeDispatch } from './judge-dispatch.ts';
import { readDispatchToSign } from './read-dispatch.ts';

const actor = 'service:signer';

export type SignedDispatch =
  | { readonly kind: 'signed'; readonly satelliteId: string }
  | { readonly kind: 'refused'; readonly detail: string; readonly runs: RecordedRun[] }
  /** Somebody else was faster. */
  | { readonly kind: 'gone' };

export async function signDispatch(
  pool: Pool,
  masterKey: Buffer,
  parser: ShellParser,
  organizationId: string,
  dispatchId: string,
): Promise<SignedDispatch> {
  return inOrganization(pool, organizationId, async (transaction) => {
    const dispatch = await readDispatchToSign(transaction, dispatchId);
    if (dispatch === null) return { kind: 'gone' };
    const judgement = judgeDispatch(parser, organizationId, dispatch, new Date());
    if (judgement.kind === 'refuse') {
      const { reason, detail } = judgement;
      await appendAuditEvent(transaction, {
        action: 'dispatch.refused',
        actor,
        subject: dispatchId,
        runId: dispatch.runId,
        data: { reason, detail },
      });
      const runs = await closeUnsentDispatches(
        transaction,
        [dispatchId],
        { kind: 'not_started', reason, detail },
        actor,
      );
      return { kind: 'refused', detail, runs };
    }
    const key = await readSigningKey(transaction, masterKey);
    const jws = await signEnvelope(judgement.envelope, key);
    await transaction.query(
      'insert into dispatch_envelopes (dispatch_id, organization_id, key_id, jws) values ($1, $2, $3, $4)',
      [dispatchId, organizationId, key.keyId, jws],
    );
    if (dispatch.approval !== null) {
      await transaction.query('update approvals set used_at = coalesce(used_at, now()) where id = $1', [
        dispatch.approval.id,
      ]);
    }
    await appendAuditEvent(transaction, {
      action: 'dispatch.signed',
      actor,
      subject: dispatchId,
      runId: dispatch.runId,
      data: {
        keyId: key.keyId,
        satelliteId: dispatch.satelliteId,
        readOnly: judgement.envelope.readOnly,
        approvalId: dispatch.approval?.id ?? null,
      },
    });
    return { kind: 'signed', satelliteId: dispatch.satelliteId };
  });
}
