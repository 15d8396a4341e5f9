// Is the stored action still the one whose digest was requested? Pure. Unknown means no.
import { actionSchema } from '@sena/contracts/envelope';
import { actionDigest } from '@sena/envelope/action-digest';

export function isActionIntact(action: unknown, digest: string): boolean {
  const parsed = actionSchema.safeParse(action);
  return parsed.success && actionDigest(parsed.data) === digest;
}
