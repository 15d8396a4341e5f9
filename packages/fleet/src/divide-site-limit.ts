// How many commands each satellite of a site may run at once, where the site has a limit. Entered by the relay, for the satellites that it
// holds. Changes `satellites.site_share` only: what of the limit is given out, and to whom.
import type { TenantTransaction } from '@sena/db/tenant';

export interface ShareHolder {
  readonly satelliteId: string;
  readonly connectionEpoch: number;
  /** What it was told last, once it has said that no more run; null: it has not. */
  readonly runsAtMost: number | null;
}

export interface SiteShare {
  readonly satelliteId: string;
  /** So many may run through it; null: the site has no limit. */
  readonly runningMax: number | null;
  /** It was told of more before, and has not said yet that no more run: until then nobody else gets that. */
  readonly isOwed: boolean;
}

/**
 * For those of `holders` whose connections still hold them. `reservedMs`: one that is lost may be running what it began, and nothing begins
 * there while it has no connection; so its share is reserved for it this long, and goes to the others then. So is the share of one that is
 * revoked. One that stopped with nothing running has none any more.
 */
export async function divideSiteLimit(
  transaction: TenantTransaction,
  siteId: string,
  holders: readonly ShareHolder[],
  reservedMs: number,
): Promise<SiteShare[]> {
  // Whoever divides holds all of them, in the order of their ids as everybody locks them. What is read afterwards is not older.
  const locked = await transaction.query<{ id: string; epoch: string; share: number | null; is_there: boolean }>(
    `select id, connection_epoch as epoch, site_share as share,
       relay_id is not null or (site_share is not null and last_seen_at > now() - $2 * interval '1 millisecond') as is_there
     from satellites
     where site_id = $1 and (revoked_at is null or revoked_at > now() - $2 * interval '1 millisecond')
     order by id for no key update`,
    [siteId, reservedMs],
  );
  const site = await transaction.query<{ limit: number | null }>(
    'select running_max as "limit" from sites where id = $1',
    [siteId],
  );
  const limit = site.rows[0]?.limit ?? null;
  const byId = new Map(holders.map((holder) => [holder.satelliteId, holder]));
  const rows = locked.rows.map(({ id, epoch, share, is_there: isThere }) => {
    const named = byId.get(id);
    const holder = named?.connectionEpoch === Number(epoch) ? named : undefined;
    return { id, share, isThere, isHeld: holder !== undefined, mayRun: holder?.runsAtMost ?? share ?? 0 };
  });
  const there = rows.filter((row) => row.isThere);
  const divided = limit === null ? null : divideLimit(limit, there);
  const next = new Map(there.map(({ id }, index) => [id, divided?.[index] ?? null]));

  /** Of those that are another relay's, or are never told because of their protocol, only that there is no limit any more. */
  const nextShareOf = ({ id, share, isThere, isHeld }: (typeof rows)[number]): number | null => {
    if (!isThere || limit === null) return null;
    return isHeld ? (next.get(id)?.mayRun ?? null) : share;
  };
  const changed = rows.filter((row) => nextShareOf(row) !== row.share);
  if (changed.length > 0) {
    await transaction.query(
      'update satellites s set site_share = h.share from unnest($1::text[], $2::integer[]) as h (id, share) where s.id = h.id',
      [changed.map(({ id }) => id), changed.map(nextShareOf)],
    );
  }
  return there
    .filter(({ isHeld }) => isHeld)
    .map(({ id }) => {
      const share = next.get(id) ?? null;
      if (share === null) return { satelliteId: id, runningMax: null, isOwed: false };
      return { satelliteId: id, runningMax: share.runningMax, isOwed: share.mayRun > share.runningMax };
    });
}

export interface DividedShare {
  /** What it is told. */
  readonly runningMax: number;
  /** What may run through it until it has heard that, and what ran before has ended. */
  readonly mayRun: number;
}

/**
 * Equal shares, the first ones get what is left over, and everybody gets one, also where there are more satellites than the limit.
 * What one is told less is taken from it once it has said so; what one is told more is there. So what may run is never more than the
 * limit, or than one for each, but for what a limit that was lowered finds running.
 */
export function divideLimit(
  limit: number,
  satellites: ReadonlyArray<{ readonly mayRun: number; readonly isHeld: boolean }>,
): DividedShare[] {
  const count = satellites.length;
  let room = Math.max(limit, count) - satellites.reduce((sum, { mayRun }) => sum + mayRun, 0);
  return satellites.map(({ mayRun, isHeld }, index) => {
    if (!isHeld) return { runningMax: mayRun, mayRun };
    const share = Math.max(1, Math.floor(limit / count) + (index < limit % count ? 1 : 0));
    if (share <= mayRun) return { runningMax: share, mayRun };
    const more = Math.max(0, Math.min(share - mayRun, room));
    room -= more;
    return { runningMax: mayRun + more, mayRun: mayRun + more };
  });
}
