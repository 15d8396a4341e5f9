// The entry by which a satellite's own list knows a passkey of this console: exactly what `policy.passkeys.approvers` takes. Pure.
import type { Me } from '@sena/contracts/http/session';
import type { Passkey } from './call-passkeys.ts';

export function listEntry(
  me: Me,
  passkey: Passkey,
  { hostname, origin }: { hostname: string; origin: string },
): string {
  const entry = {
    name: me.user.name,
    member: me.user.id,
    rpId: hostname,
    origins: [origin],
    credentialId: passkey.credentialID,
    publicKey: passkey.publicKey.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
  };
  return JSON.stringify(entry, null, 2);
}
