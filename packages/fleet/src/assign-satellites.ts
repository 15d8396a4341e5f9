// Through which satellite each node is reached: rendezvous hashing over those of its site that are connected, so that one that comes
// or goes moves only its own share. None connected: over those enrolled, and the work waits. Reads only.
import { createHash } from 'node:crypto';
import type { TenantTransaction } from '@sena/db/tenant';

/** By node id; null: no satellite is enrolled at the site. */
export async function assignSatellites(
  transaction: TenantTransaction,
  nodes: ReadonlyArray<{ id: string; site: { id: string } }>,
): Promise<Map<string, string | null>> {
  const siteIds = [...new Set(nodes.map((node) => node.site.id))];
  const found = await transaction.query<{ id: string; site_id: string; connected: boolean }>(
    'select id, site_id, relay_id is not null as connected from satellites where site_id = any($1) and revoked_at is null',
    [siteIds],
  );
  const candidatesOf = new Map<string, string[]>();
  for (const siteId of siteIds) {
    const enrolled = found.rows.filter((satellite) => satellite.site_id === siteId);
    const connected = enrolled.filter((satellite) => satellite.connected);
    candidatesOf.set(
      siteId,
      (connected.length > 0 ? connected : enrolled).map((satellite) => satellite.id),
    );
  }
  return new Map(nodes.map((node) => [node.id, highest(node.id, candidatesOf.get(node.site.id) ?? [])]));
}

/**
 * The same for work that has lost its satellite: over the connected ones of its site alone. By node id; null: none is connected, and
 * the work waits.
 */
export async function assignConnected(
  transaction: TenantTransaction,
  siteId: string,
  nodeIds: readonly string[],
): Promise<Map<string, string> | null> {
  const found = await transaction.query<{ id: string }>(
    'select id from satellites where site_id = $1 and revoked_at is null and relay_id is not null',
    [siteId],
  );
  const connected = found.rows.map((satellite) => satellite.id);
  const assigned = nodeIds.flatMap((nodeId): Array<[string, string]> => {
    const satelliteId = highest(nodeId, connected);
    return satelliteId === null ? [] : [[nodeId, satelliteId]];
  });
  return connected.length === 0 ? null : new Map(assigned);
}

function highest(nodeId: string, satelliteIds: readonly string[]): string | null {
  if (satelliteIds.length <= 1) return satelliteIds[0] ?? null;
  const weighed = satelliteIds.map((id) => ({
    id,
    weight: createHash('sha256').update(`${id}\n${nodeId}`).digest('hex'),
  }));
  return weighed.reduce((best, one) => (one.weight > best.weight ? one : best)).id;
}
