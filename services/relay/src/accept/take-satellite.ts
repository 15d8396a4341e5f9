// A satellite that has proved who it is becomes this relay's, under the next connection epoch. Entered by accept-connection.
// One that comes back without its journal has lost what it knew: that is written in the same transaction, or it would be
// forgotten with the connection.
import type { RelayFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { connectSatellite } from '@sena/fleet/satellite-presence';
import { askAgain } from '@sena/runs/claim-inquiries';
import { closeLostDispatches } from '@sena/runs/close-executions';
import type { RunNews } from '@sena/runs/ring-recorded-runs';
import { type Handshake, revoked } from './shake-hands.ts';

type Known = Extract<Handshake, { kind: 'known' }>;

export type TakenSatellite =
  | {
      readonly kind: 'taken';
      readonly connectionEpoch: number;
      readonly journalLost: boolean;
      /** Runs in which something was closed. */
      readonly news: readonly RunNews[];
    }
  | { readonly kind: 'refused'; readonly frame: Extract<RelayFrame, { t: 'refused' }> };

export function takeSatellite(pool: Pool, relayId: string, { identity, hello }: Known): Promise<TakenSatellite> {
  const { organizationId, satelliteId } = identity;
  return inOrganization(pool, organizationId, async (transaction): Promise<TakenSatellite> => {
    const { version, journalId } = hello;
    const connection = await connectSatellite(transaction, { satelliteId, relayId, version, journalId });
    // Between the look at its key and now.
    if (connection === null) return revoked();
    const news = connection.journalLost ? await closeLostDispatches(transaction, satelliteId, 'service:relay') : [];
    if (connection.journalLost) await askAgain(transaction, satelliteId);
    return { kind: 'taken', ...connection, news };
  });
}
