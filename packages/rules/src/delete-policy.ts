// A policy no longer holds. Entered by the gateway. Its texts are kept among the versions.
import type { Member } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { TenantTransaction } from '@sena/db/tenant';
import { lockPolicies } from './lock-policies.ts';
import { writePolicyVersion } from './write-policy-version.ts';

/** Throws `not_found`, `validation_failed` without a version, and `conflict` when it is at another version than the one that was looked at. */
export async function deletePolicy(
  transaction: TenantTransaction,
  { name, version, by }: { name: string; version: number | undefined; by: Member },
): Promise<void> {
  const { current, latest } = await lockPolicies(transaction, name);
  if (current === null) throw new SenaError('not_found', `There is no policy ${name}.`);
  if (version === undefined) {
    throw new SenaError('validation_failed', `Send the version that you looked at: \`?version=${current}\`.`, {
      fields: [{ path: 'version', message: 'is missing' }],
    });
  }
  if (current !== version) {
    throw new SenaError(
      'conflict',
      `The policy ${name} is at version ${current}. Look at it again before you delete it.`,
    );
  }
  await transaction.query('delete from policies where name = $1', [name]);
  await writePolicyVersion(transaction, { name, version: latest + 1, text: null, by });
}
