// Sites by name, a page at a time, with what is in them. Reads only.
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Site } from '@sena/contracts/http/fleet';
import type { TenantPrisma } from '@sena/db/tenant-prisma';

/** Throws `validation_failed` for a cursor that is none. */
export async function listSites(
  prisma: TenantPrisma,
  page: { limit: number; cursor?: string | undefined },
  /** Nodes by site, for who sees a part of the fleet: other sites are not there. null: all of them. */
  nodesOf: ReadonlyMap<string, number> | null = null,
): Promise<{ items: Site[]; nextCursor: string | null }> {
  const [afterName] = decodeCursor(page.cursor, 1) ?? [];
  const rows = await prisma.site.findMany({
    where: {
      ...(afterName === undefined ? {} : { name: { gt: afterName } }),
      ...(nodesOf === null ? {} : { id: { in: [...nodesOf.keys()] } }),
    },
    orderBy: { name: 'asc' },
    take: page.limit + 1,
    include: {
      _count: { select: { nodes: true } },
      satellites: { where: { revokedAt: null }, select: { relayId: true } },
    },
  });
  const sites = rows.slice(0, page.limit);
  const last = sites.at(-1);
  return {
    items: sites.map((site) => ({
      id: site.id,
      name: site.name,
      runningMax: site.runningMax,
      nodeCount: nodesOf?.get(site.id) ?? site._count.nodes,
      satelliteCount: site.satellites.length,
      satellitesConnected: site.satellites.filter((satellite) => satellite.relayId !== null).length,
      createdAt: site.createdAt.toISOString(),
    })),
    nextCursor: rows.length > page.limit && last ? encodeCursor([last.name]) : null,
  };
}
