// Tells satellites how many commands their site's limit lets run through each: at their coming, when it is rung, by the clock. Who gets
// how much is decided in PostgreSQL, since a site's satellites may be held by several relays. Holds nothing but what was told.
import { inOrganization, type Pool } from '@sena/db/tenant';
import { divideSiteLimit, type SiteShare } from '@sena/fleet/divide-site-limit';
import { listLimitedSites, listOrganizationsWithLimitedSites } from '@sena/fleet/list-limited-sites';
import type { Logger } from '@sena/telemetry/logger';
import { gatherCalls } from '../accept/gather-calls.ts';
import { keepLooking } from '../dispatch/keep-looking.ts';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';

/** The first protocol that has the frame. */
const protocolMin = 4;
const askedTogether = 500;

type Site = Pick<HeldSatellite, 'organizationId' | 'siteId'>;

export interface SiteShareCarrier {
  /** Resolves when its share stands in its tunnel, before whatever is pushed after that. Others are not told: `changed` does. */
  arrived(satellite: HeldSatellite, isSiteLimited: boolean): Promise<void>;
  /** It says that no more run there than it was told with this number. */
  kept(satellite: HeldSatellite, sequence: number): void;
  /** Somebody has come, or has gone and left nothing running: what the others may run changes, here and at other relays. Never rejects. */
  changed(site: Site): Promise<void>;
  /** It was rung for: another relay's satellites have changed, or the limit has. */
  divideAgain(organizationId: string, siteId: string): void;
  look(): void;
  stop(): Promise<void>;
}

export function startCarryingSiteShares(options: {
  pool: Pool;
  held: HeldSatellites;
  logger: Logger;
  timing: { readonly presenceMs: number; readonly siteShareReservedMs: number };
  /** Other relays hold satellites of this site. */
  ring(site: Site): void;
}): SiteShareCarrier {
  const { pool, held, logger, timing, ring } = options;

  // One after the other, and once for all that ask in the same moment: what was told is what the last division has written.
  const divide = gatherCalls(
    askedTogether,
    async (asked: readonly Site[]) => {
      if (asked[0] !== undefined) await divideOnce(asked[0]);
      return asked.map(() => undefined);
    },
    ({ siteId }) => siteId,
  );

  async function divideOnce({ organizationId, siteId }: Site): Promise<void> {
    const mine = able().filter(
      (satellite) => satellite.siteId === siteId && satellite.organizationId === organizationId,
    );
    if (mine.length === 0) return;
    const holders = mine.map(({ satelliteId, connectionEpoch, share }) => ({
      ...{ satelliteId, connectionEpoch },
      runsAtMost: share?.isKept === true ? share.runningMax : null,
    }));
    const shares = await inOrganization(pool, organizationId, (transaction) =>
      divideSiteLimit(transaction, siteId, holders, timing.siteShareReservedMs),
    );
    const byId = new Map(shares.map((share) => [share.satelliteId, share]));
    for (const satellite of mine) {
      const share = byId.get(satellite.satelliteId);
      if (share !== undefined) tell(satellite, share);
    }
  }

  function able(): HeldSatellite[] {
    return held.all().filter(({ protocol }) => protocol >= protocolMin);
  }

  function tell(satellite: HeldSatellite, { runningMax, isOwed }: Omit<SiteShare, 'satelliteId'>): void {
    const told = satellite.share;
    if (told !== null && told.runningMax === runningMax) {
      satellite.share = { ...told, isOwed };
      return;
    }
    const sequence = (told?.sequence ?? 0) + 1;
    satellite.share = { sequence, runningMax, isOwed, isKept: false };
    satellite.out.push({ t: 'site-share', sequence, runningMax });
  }

  const looking = keepLooking<never>(
    timing.presenceMs,
    async () => {
      const organizations = await listOrganizationsWithLimitedSites(pool);
      for (const [organizationId, satellites] of Map.groupBy(able(), (satellite) => satellite.organizationId)) {
        const isLimited = ({ share }: HeldSatellite) => (share?.runningMax ?? null) !== null;
        if (!organizations.has(organizationId) && !satellites.some(isLimited)) continue;
        const sites = await inOrganization(pool, organizationId, listLimitedSites);
        const due = satellites.filter((satellite) => sites.has(satellite.siteId) || isLimited(satellite));
        for (const siteId of new Set(due.map((satellite) => satellite.siteId)))
          await divide({ organizationId, siteId });
      }
      return 'all';
    },
    failed,
  );

  function changed(site: Site): Promise<void> {
    return divide(site).then(() => ring(site), failed);
  }

  function failed(error: unknown): void {
    logger.error({ err: error }, 'satellites could not be told their share of a site’s limit, it is tried again');
  }

  return {
    async arrived(satellite, isSiteLimited) {
      if (satellite.protocol < protocolMin) return;
      if (!isSiteLimited) return tell(satellite, { runningMax: null, isOwed: false });
      await divide(satellite);
    },
    changed,
    kept(satellite, sequence) {
      const told = satellite.share;
      if (told === null || told.isKept || told.sequence !== sequence) return;
      satellite.share = { ...told, isKept: true };
      if (told.isOwed) void changed(satellite);
    },
    divideAgain(organizationId, siteId) {
      divide({ organizationId, siteId }).catch(failed);
    },
    look: looking.look,
    stop: looking.stop,
  };
}
