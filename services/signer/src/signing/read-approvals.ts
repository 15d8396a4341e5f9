// The approvals that dispatches rest on, read anew from the database, with what their passkeys have signed. Entered by read-dispatch, once for
// many. Reads only.
import { rolesWith } from '@sena/contracts/domain/role-permissions';
import { actionSchema, type PasskeyAssertion, passkeyAssertionSchema } from '@sena/contracts/envelope';
import type { TenantTransaction } from '@sena/db/tenant';
import { type HashedAction, hashAction } from '@sena/envelope/action-digest';
import { type PasskeyPage, type PasskeyWord, verifyPasskeys } from './verify-passkeys.ts';

export interface ApprovalToCheck {
  readonly id: string;
  readonly runId: string;
  readonly status: string;
  /** null: what is stored is not an action. */
  readonly action: HashedAction | null;
  readonly actionDigest: string;
  readonly requestedBy: string;
  readonly approversRequired: number;
  readonly passkeyRequired: boolean;
  /** Who approved it and may do so still, each once, what their passkey signed for the satellite to verify, and whether it holds here. */
  readonly approvers: ReadonlyArray<{
    readonly by: string;
    readonly at: Date;
    readonly assertion: PasskeyAssertion | null;
    readonly passkey: PasskeyWord;
  }>;
}

/** By id. One that nobody can read is not among them. */
export async function readApprovals(
  transaction: TenantTransaction,
  approvalIds: readonly string[],
  page: PasskeyPage,
): Promise<Map<string, ApprovalToCheck>> {
  if (approvalIds.length === 0) return new Map();
  const found = await transaction.query<{
    id: string;
    run_id: string;
    status: string;
    action: unknown;
    action_digest: string;
    requested_by: string;
    approvers_required: number;
    passkey_required: boolean;
    approvers: Array<{ by: string; at: string; assertion: unknown }>;
  }>(
    `select id, run_id, status, action, action_digest, requested_by, approvers_required, passkey_required,
       (select coalesce(jsonb_agg(jsonb_build_object('by', d.decided_by, 'at', d.decided_at, 'assertion', signed.assertion) order by d.decided_at, d.decided_by), '[]')
        from approval_decisions d
          left join approval_assertions signed on signed.approval_id = d.approval_id and signed.decided_by = d.decided_by
        where d.approval_id = a.id and d.decision = 'approve' and d.decided_by in (select members_with_role($2))) as approvers
     from approvals a where id = any($1)`,
    [approvalIds, rolesWith('approvals:decide')],
  );
  // Once for all dispatches of it.
  const hashed = (stored: unknown) => {
    const action = actionSchema.safeParse(stored).data;
    return action === undefined ? null : hashAction(action);
  };
  const approvers = found.rows.flatMap(({ id, action_digest: actionDigest, approvers: all }) =>
    all.map(({ by, at, assertion }) => ({
      ...{ id, actionDigest, by, at: new Date(at) },
      assertion: passkeyAssertionSchema.safeParse(assertion).data ?? null,
    })),
  );
  const signed = approvers.flatMap((each) => (each.assertion === null ? [] : [{ ...each, assertion: each.assertion }]));
  const words = await verifyPasskeys(transaction, page, signed);
  const wordOf = new Map(signed.map(({ assertion }, index) => [assertion, words[index] as PasskeyWord]));
  return new Map(
    found.rows.map((row) => [
      row.id,
      {
        id: row.id,
        runId: row.run_id,
        status: row.status,
        action: hashed(row.action),
        actionDigest: row.action_digest,
        requestedBy: row.requested_by,
        approversRequired: row.approvers_required,
        passkeyRequired: row.passkey_required,
        approvers: approvers
          .filter(({ id }) => id === row.id)
          .map(({ by, at, assertion }) => ({
            ...{ by, at, assertion },
            passkey: (assertion === null ? undefined : wordOf.get(assertion)) ?? { kind: 'none' },
          })),
      },
    ]),
  );
}
