// Which satellites take no change without a passkey, and how to give it. What they said at their last hello: the satellite itself decides.
import type { Approval } from '@sena/contracts/http/approvals';
import { Notice } from '@sena/ui/notice';
import Link from 'next/link';

export function PasskeyNeeded({ approval }: { approval: Pick<Approval, 'id' | 'passkeys'> }) {
  if (approval.passkeys.length === 0) return null;
  const needs = approval.passkeys.map(({ satellite, people }) =>
    people === 1
      ? `needs a passkey of a person listed at satellite ${satellite.name}`
      : `needs passkeys of ${people} people listed at satellite ${satellite.name}`,
  );
  return (
    <Notice tone="info" title={`It ${needs.join(', and ')}`}>
      Sign here with a <Link href="/account">passkey of this console</Link>, or run{' '}
      <code className="font-mono break-all">sena approve {approval.id}</code> on your own machine, which shows what it
      signs without having to believe this page.
    </Notice>
  );
}
