// Sites by name, a page at a time, with what is in them. Reads only.
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Site } from '@sena/contracts/http/fleet';
import type { TenantPrisma } from '@sena/db/tenant-prisma';

/** Throws `validation_failed` for a cursor that is none. */
export async function listSites(
  prisma: TenantPrisma,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Site[]; nextCursor: string | null }> {
  const [afterName] = decodeCursor(page.cursor, 1) ?? [];
  const rows = await prisma.site.findMany({
    where: afterName === undefined ? {} : { name: { gt: afterName } },
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
      nodeCount: site._count.nodes,
      satelliteCount: site.satellites.length,
      satellitesConnected: site.satellites.filter((satellite) => satellite.relayId !== null).length,
      createdAt: site.createdAt.toISOString(),
    })),
    nextCursor: rows.length > page.limit && last ? encodeCursor([last.name]) : null,
  };
}
