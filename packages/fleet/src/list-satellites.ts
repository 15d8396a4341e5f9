// Satellites by name, a page at a time, revoked ones included. Reads only.
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Satellite } from '@sena/contracts/http/fleet';
import type { TenantPrisma } from '@sena/db/tenant-prisma';
import { toSatellite } from './satellite-row.ts';

/** Throws `validation_failed` for a cursor that is none. */
export async function listSatellites(
  prisma: TenantPrisma,
  page: { limit: number; cursor?: string | undefined },
  /** null: those of every site. */
  siteIds: readonly string[] | null = null,
): Promise<{ items: Satellite[]; nextCursor: string | null }> {
  const [afterName] = decodeCursor(page.cursor, 1) ?? [];
  const rows = await prisma.satellite.findMany({
    where: {
      ...(afterName === undefined ? {} : { name: { gt: afterName } }),
      ...(siteIds === null ? {} : { siteId: { in: [...siteIds] } }),
    },
    orderBy: { name: 'asc' },
    take: page.limit + 1,
    include: { site: { select: { id: true, name: true } } },
  });
  const satellites = rows.slice(0, page.limit);
  const last = satellites.at(-1);
  return {
    items: satellites.map(toSatellite),
    nextCursor: rows.length > page.limit && last ? encodeCursor([last.name]) : null,
  };
}
