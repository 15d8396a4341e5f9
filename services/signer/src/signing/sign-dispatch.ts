// Signs waiting dispatches of one organization, or closes them with the reason. Entered by start-signing. Writes envelopes,
// outcomes and audit rows, in one transaction and few statements, however many dispatches there are.
import { appendAuditEvents } from '@sena/audit/append-audit-event';
import { frameBytesMax } from '@sena/contracts/frames';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';
import { readRules } from '@sena/rules/read-rules';
import { closeUnsentDispatches } from '@sena/runs/execution/close-executions';
import type { RecordedRun } from '@sena/runs/results/record-results';
import { readSigningKeys, type SigningKeys } from '../keys/read-signing-keys.ts';
import { type Judgement, judgeDispatch } from './judge-dispatch.ts';
import { type DispatchToSign, readDispatchesToSign } from './read-dispatch.ts';
import type { PasskeyPage } from './verify-passkeys.ts';

const actor = 'service:signer';

type Refusal = Pick<Extract<Judgement, { kind: 'refuse' }>, 'reason' | 'detail'>;

/** What is in neither list was signed, sent or finished meanwhile. */
export interface SignedDispatches {
  readonly signed: ReadonlyArray<{ readonly dispatchId: string; readonly satelliteId: string }>;
  readonly refused: ReadonlyArray<{ readonly dispatchId: string; readonly detail: string }>;
  /** Runs in which something was closed. */
  readonly runs: readonly RecordedRun[];
}

type Signed = {
  readonly dispatch: DispatchToSign;
  readonly keyId: string;
  readonly jws: string;
  readonly readOnly: boolean;
};

/** By which it is said what a command does, whether that may happen, and whose passkey has agreed. */
export interface Judges {
  readonly parser: ShellParser;
  readonly cedar: CedarEngine;
  readonly passkeyPage: PasskeyPage;
}

/** What a frame can carry besides the envelope. */
const envelopeBytesMax = frameBytesMax - 1_024;

/** Throws when it can't be said now whether they may be signed: the key is missing, or PostgreSQL is. Then nothing is written. */
export async function signDispatches(
  pool: Pool,
  masterKey: Buffer,
  judges: Judges,
  organizationId: string,
  dispatchIds: readonly string[],
): Promise<SignedDispatches> {
  const sign = (runs: 'locked' | 'free') => signTogether(pool, masterKey, judges, organizationId, dispatchIds, runs);
  // Most often nothing is refused, and then whoever records results of the same run is not held up by signatures. A cancel that comes
  // meanwhile waits for the dispatches and closes them unsent; claiming looks for it again.
  const done = (await sign('free')) ?? (await sign('locked'));
  if (done === null) throw new Error('dispatches were neither signed nor refused');
  return done;
}

/** null, where `runs` are free: some of them are refused, and closing them takes their runs. Nothing is written. */
async function signTogether(
  pool: Pool,
  masterKey: Buffer,
  judges: Judges,
  organizationId: string,
  dispatchIds: readonly string[],
  runs: 'locked' | 'free',
): Promise<SignedDispatches | null> {
  return inOrganization(pool, organizationId, async (transaction): Promise<SignedDispatches | null> => {
    const rules = await readRules(transaction, judges.cedar);
    const withNodeFacts = rules.kind === 'ready' && rules.questions.length > 0;
    const { passkeyPage } = judges;
    const dispatches = await readDispatchesToSign(transaction, dispatchIds, { runs, withNodeFacts, passkeyPage });
    if (dispatches.length === 0) return { signed: [], refused: [], runs: [] };
    const now = new Date();
    const judged = dispatches.map((dispatch) => ({
      dispatch,
      judgement: judgeDispatch(judges.parser, rules, organizationId, dispatch, now),
    }));
    let keys: SigningKeys | null = null;
    const signed: Signed[] = [];
    const refused: Array<{ dispatch: DispatchToSign; refusal: Refusal }> = [];
    for (const { dispatch, judgement } of judged) {
      if (judgement.kind === 'refuse') {
        refused.push({ dispatch, refusal: judgement });
        continue;
      }
      keys ??= await readSigningKeys(transaction, masterKey);
      const key = keys.for(dispatch.satelliteKeyId);
      const jws = await signEnvelope(judgement.envelope, key);
      const { readOnly } = judgement.envelope;
      if (jws.length <= envelopeBytesMax) signed.push({ dispatch, keyId: key.keyId, jws, readOnly });
      else refused.push({ dispatch, refusal: tooLarge(dispatch) });
    }
    if (refused.length > 0 && runs === 'free') return null;
    await saveEnvelopes(transaction, signed);
    return {
      signed: signed.map(({ dispatch }) => ({ dispatchId: dispatch.id, satelliteId: dispatch.satelliteId })),
      refused: refused.map(({ dispatch, refusal }) => ({ dispatchId: dispatch.id, detail: refusal.detail })),
      runs: await closeRefused(transaction, refused),
    };
  });
}

function tooLarge({ nodes }: DispatchToSign): Refusal {
  const detail = `It names ${nodes.length} nodes, more than one dispatch can carry. Ask for fewer at a time.`;
  return { reason: 'signer_refused', detail };
}

async function closeRefused(
  transaction: TenantTransaction,
  refused: ReadonlyArray<{ dispatch: DispatchToSign; refusal: Refusal }>,
): Promise<RecordedRun[]> {
  await appendAuditEvents(
    transaction,
    refused.map(({ dispatch, refusal: { reason, detail } }) => ({
      action: 'dispatch.refused',
      actor,
      subject: dispatch.id,
      runId: dispatch.runId,
      data: { reason, detail },
    })),
  );
  const runs: RecordedRun[] = [];
  for (const { dispatch, refusal } of refused) {
    const { reason, detail } = refusal;
    const outcome = { kind: 'not_started', reason, detail: detail.slice(0, 500) } as const;
    runs.push(...(await closeUnsentDispatches(transaction, [dispatch.id], outcome, actor)));
  }
  return runs;
}

async function saveEnvelopes(transaction: TenantTransaction, signed: readonly Signed[]): Promise<void> {
  if (signed.length === 0) return;
  await transaction.query(
    `insert into dispatch_envelopes (dispatch_id, organization_id, key_id, jws)
     select e.dispatch_id, $1, e.key_id, e.jws from unnest($2::text[], $3::text[], $4::text[]) as e (dispatch_id, key_id, jws)`,
    [
      transaction.organizationId,
      signed.map(({ dispatch }) => dispatch.id),
      signed.map(({ keyId }) => keyId),
      signed.map(({ jws }) => jws),
    ],
  );
  const approvalIds = signed.flatMap(({ dispatch }) => dispatch.approval?.id ?? []);
  if (approvalIds.length > 0) {
    // In order: of two signers with dispatches of the same approvals one waits, and neither for the other in a circle.
    await transaction.query(
      `update approvals set used_at = coalesce(used_at, now())
       where id in (select id from approvals where id = any($1) order by id for no key update)`,
      [approvalIds],
    );
  }
  await appendAuditEvents(
    transaction,
    signed.map(({ dispatch: { id, runId, satelliteId, approval }, keyId, readOnly }) => ({
      action: 'dispatch.signed',
      actor,
      subject: id,
      runId,
      data: { keyId, satelliteId, readOnly, approvalId: approval?.id ?? null },
    })),
  );
}
