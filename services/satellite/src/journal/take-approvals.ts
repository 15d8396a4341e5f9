// Entered by the journal's statements, inside the transaction that journals a dispatch: an approval is used once, and a passkey counts
// forward. Writes what approvals were used for and what passkeys have signed.
import type { DatabaseSync } from 'node:sqlite';
import type { AcceptOperation, ApprovedChange, PasskeyCount } from './journal-operations.ts';

/** What was approved in one sitting may arrive in another order: for so long a lower count is no step backward. */
const outOfOrderMs = 600_000;

const spent =
  'Its approval was for one time, and was used by another execution already. Ask again, and have it approved.';

function miscounted({ name }: PasskeyCount): string {
  return (
    `The passkey of ${name} counted backward, as one does that has a copy. Is it in their hands? ` +
    'If so, ask again and approve anew; if not, take it out of policy.passkeys.'
  );
}

export function createApprovalStatements(database: DatabaseSync) {
  const insertChange = database.prepare(
    'insert into approved_changes values (?, ?, ?) on conflict (change_key) do nothing',
  );
  const selectChange = database.prepare('select execution_id from approved_changes where change_key = ?');
  const selectCount = database.prepare(
    'select action_digest from passkey_counts where credential_id = ? and sign_count = ?',
  );
  const selectHigher = database.prepare(
    'select 1 from passkey_counts where credential_id = ? and sign_count > ? and first_seen_at_ms < ? limit 1',
  );
  const insertCount = database.prepare('insert into passkey_counts values (?, ?, ?, ?, ?)');
  const deletePast = [
    'delete from approved_changes where expires_at_ms < ?1',
    // The highest is what the next one is measured by.
    `delete from passkey_counts where expires_at_ms < ?1 and exists (
       select 1 from passkey_counts later
       where later.credential_id = passkey_counts.credential_id and later.sign_count > passkey_counts.sign_count)`,
  ].map((sql) => database.prepare(sql));

  /** False: another execution has it. */
  function takeChange(executionId: string, { changeKey, expiresAtMs }: ApprovedChange): boolean {
    if (insertChange.run(changeKey, executionId, expiresAtMs).changes === 1) return true;
    return selectChange.get(changeKey)?.execution_id === executionId;
  }

  /** False: this count was there before for something else, or it went backward. */
  function takeCount({ credentialId, signCount, actionDigest, expiresAtMs }: PasskeyCount, nowMs: number): boolean {
    const known = selectCount.get(credentialId, signCount);
    if (known !== undefined) return known.action_digest === actionDigest;
    if (selectHigher.get(credentialId, signCount, nowMs - outOfOrderMs) !== undefined) return false;
    insertCount.run(credentialId, signCount, actionDigest, nowMs, expiresAtMs);
    return true;
  }

  return {
    /** Why these of its executions may never begin, by execution id. */
    take({ executions, passkeyCounts, receivedAtMs }: AcceptOperation): ReadonlyMap<string, string> {
      const barred = new Map<string, string>();
      const backward = passkeyCounts?.find((count) => !takeCount(count, receivedAtMs));
      for (const { executionId, approvedChanges = [] } of executions) {
        if (backward !== undefined) barred.set(executionId, miscounted(backward));
        // Every one of them, so that none is left for another.
        const taken = approvedChanges.map((change) => takeChange(executionId, change));
        if (taken.includes(false)) barred.set(executionId, spent);
      }
      return barred;
    },
    prune(beforeMs: number): void {
      for (const statement of deletePast) statement.run(beforeMs);
    },
  };
}
