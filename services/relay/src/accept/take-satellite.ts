// Satellites that have proved who they are become this relay's, under their next connection epochs. Entered by accept-connection, for
// many at once. One that comes back without its journal has lost what it knew: that is written in the same transaction, or it
// would be forgotten with the connection.
import { randomBytes } from 'node:crypto';
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { RelayFrame, Session } from '@sena/contracts/frames';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { type Arrival, connectSatellites, type SatelliteArrival } from '@sena/fleet/satellite-presence';
import { closeLostDispatches } from '@sena/runs/execution/close-executions';
import { askAgain } from '@sena/runs/inquiry/claim-inquiries';
import type { RunNews } from '@sena/runs/results/ring-recorded-runs';
import { type Handshake, locked, revoked, sessionMissing } from './shake-hands.ts';

export type Known = Extract<Handshake, { kind: 'known' }> & {
  /** From where it came, for people. */
  readonly address: string;
  /** It was asked a second time on this connection: what it shows is what it holds now, and no word that was long under way. */
  readonly isCertain: boolean;
};

/** The first protocol in which a satellite shows its session. */
const sessionProtocol = 3;

export type TakenSatellite =
  | {
      readonly kind: 'taken';
      readonly connectionEpoch: number;
      readonly journalLost: boolean;
      readonly session: Session | null;
      readonly isAhead: boolean;
      readonly keySequence: number;
      readonly isSiteLimited: boolean;
      /** Runs in which something was closed. */
      readonly news: readonly RunNews[];
    }
  /** What it shows is old. It is asked once more before anything comes of it. */
  | { readonly kind: 'stale' }
  /** It was locked just now: its other tunnels are to be closed. */
  | { readonly kind: 'locked'; readonly frame: Extract<RelayFrame, { t: 'refused' }> }
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
  const connected = await connectSatellites(transaction, relayId, arrivals.map(toArrival));
  const taken: Array<[Known, TakenSatellite]> = [];
  for (const known of arrivals)
    taken.push([known, await answer(transaction, known, connected.get(known.identity.satelliteId))]);
  return taken;
}

function toArrival({ identity: { satelliteId }, protocol, hello, address, isCertain }: Known): Arrival {
  const { version, journalId, passkeysToChange = 0, dispatchKeys, session = null } = hello;
  return {
    ...{ satelliteId, version, journalId, passkeysToChange, address },
    newestKeyId: dispatchKeys?.newestKeyId ?? null,
    ...(protocol < sessionProtocol
      ? {}
      : { session: { shown: session, offer: randomBytes(18).toString('base64url'), isCertain } }),
  };
}

async function answer(
  transaction: TenantTransaction,
  { identity: { satelliteId } }: Known,
  arrival: SatelliteArrival | undefined,
): Promise<TakenSatellite> {
  // Between the look at its key and now.
  if (arrival === undefined) return revoked();
  switch (arrival.kind) {
    case 'stale':
      return arrival;
    case 'session_missing':
      return sessionMissing();
    case 'locked':
      await appendAuditEvent(transaction, {
        ...{ action: 'satellite.locked', actor: 'service:relay', subject: satelliteId },
        data: { ...arrival.lock },
      });
      return { kind: 'locked', frame: locked().frame };
    case 'connected': {
      const { journalLost, isAhead } = arrival;
      const news = journalLost ? await closeLostDispatches(transaction, satelliteId, 'service:relay') : [];
      if (journalLost) await askAgain(transaction, satelliteId);
      if (isAhead)
        await appendAuditEvent(transaction, {
          ...{ action: 'satellite.session_ahead', actor: 'service:relay', subject: satelliteId },
          data: { counter: arrival.session?.counter ?? null },
        });
      return { ...arrival, kind: 'taken', news };
    }
  }
}
