// Satellites that have proved who they are become this relay's, under their next connection epochs. Entered by accept-connection, for
// many at once. One that comes back without its journal has lost what it knew: that is written in the same transaction, or it
// would be forgotten with the connection.
import type { RelayFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { connectSatellites } from '@sena/fleet/satellite-presence';
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

/** Of one organization. Answers in the order of `arrivals`; one transaction, so all of them are taken or none. */
export async function takeSatellites(
  pool: Pool,
  relayId: string,
  arrivals: readonly Known[],
): Promise<TakenSatellite[]> {
  const taken = new Map<Known, TakenSatellite>();
  const [first] = arrivals;
  if (first === undefined) return [];
  await inOrganization(pool, first.identity.organizationId, async (transaction) => {
    // Of one that dials twice in a moment the second takes over from the first: one after the other.
    for (let rest = arrivals; rest.length > 0; ) {
      const once = [...new Map(rest.toReversed().map((known) => [known.identity.satelliteId, known])).values()];
      for (const [known, answer] of await takeTogether(transaction, relayId, once)) taken.set(known, answer);
      rest = rest.filter((known) => !taken.has(known));
    }
  });
  return arrivals.map((known) => taken.get(known) as TakenSatellite);
}

async function takeTogether(
  transaction: TenantTransaction,
  relayId: string,
  arrivals: readonly Known[],
): Promise<Array<[Known, TakenSatellite]>> {
  const rows = arrivals.map(({ identity: { satelliteId }, hello: { version, journalId, passkeysToChange = 0 } }) => ({
    satelliteId,
    version,
    journalId,
    passkeysToChange,
  }));
  const connected = await connectSatellites(transaction, relayId, rows);
  const taken: Array<[Known, TakenSatellite]> = [];
  for (const known of arrivals) {
    const { satelliteId } = known.identity;
    const connection = connected.get(satelliteId);
    if (connection === undefined) {
      // Between the look at its key and now.
      taken.push([known, revoked()]);
      continue;
    }
    const news = connection.journalLost ? await closeLostDispatches(transaction, satelliteId, 'service:relay') : [];
    if (connection.journalLost) await askAgain(transaction, satelliteId);
    taken.push([known, { kind: 'taken', ...connection, news }]);
  }
  return taken;
}
