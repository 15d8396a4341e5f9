// Says how many commands may run at a site at once. Entered by the gateway; satellites hear of it from their relays.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import type { ChangeSiteBody, Site } from '@sena/contracts/http/fleet';
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';

/** Throws `not_found`. What says what holds already is no change. */
export async function changeSite(
  transaction: TenantTransaction,
  siteId: string,
  { runningMax }: ChangeSiteBody,
  actor: Actor,
): Promise<Site> {
  const found = await transaction.query<Omit<Site, 'createdAt'> & { createdAt: Date }>(
    `select t.id, t.name, t.running_max as "runningMax", t.created_at as "createdAt",
       (select count(*)::integer from nodes n where n.site_id = t.id) as "nodeCount",
       (select count(*)::integer from satellites s where s.site_id = t.id and s.revoked_at is null) as "satelliteCount",
       (select count(*)::integer from satellites s where s.site_id = t.id and s.revoked_at is null and s.relay_id is not null)
         as "satellitesConnected"
     from sites t where t.id = $1 for update of t`,
    [siteId],
  );
  const site = found.rows[0];
  if (site === undefined) throw noSuch('site');
  if (site.runningMax !== runningMax) {
    await transaction.query('update sites set running_max = $2 where id = $1', [siteId, runningMax]);
    await appendAuditEvent(transaction, {
      ...{ action: 'site.changed', actor, subject: siteId },
      data: { name: site.name, runningMax, formerRunningMax: site.runningMax },
    });
  }
  return { ...site, runningMax, createdAt: site.createdAt.toISOString() };
}
