import type { Metadata } from 'next';
import { InvitationPage } from '../../features/invitation/invitation-page.tsx';

// The token stands behind the hash; it goes nowhere with a link that is followed from here.
export const metadata: Metadata = { title: 'Invitation', referrer: 'no-referrer' };

export default function InvitationRoute() {
  return <InvitationPage />;
}
