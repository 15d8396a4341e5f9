// Satellites by name, a page at a time, revoked ones included. Reads only.
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Satellite } from '@sena/contracts/http/fleet';
import type { TenantPrisma } from '@sena/db/tenant-prisma';

/** Throws `validation_failed` for a cursor that is none. */
export async function listSatellites(
  prisma: TenantPrisma,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Satellite[]; nextCursor: string | null }> {
  const [afterName] = decodeCursor(page.cursor, 1) ?? [];
  const rows = await prisma.satellite.findMany({
    where: afterName === undefined ? {} : { name: { gt: afterName } },
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

/** null: there is none in this organization. */
export async function readSatellite(prisma: TenantPrisma, satelliteId: string): Promise<Satellite | null> {
  const row = await prisma.satellite.findUnique({
    where: { id: satelliteId },
    include: { site: { select: { id: true, name: true } } },
  });
  return row === null ? null : toSatellite(row);
}

function toSatellite(row: {
  id: string;
  name: string;
  site: { id: string; name: string };
  relayId: string | null;
  revokedAt: Date | null;
  fingerprint: string;
  version: string | null;
  lastSeenAt: Date | null;
  createdAt: Date;
}): Satellite {
  const { id, name, site, fingerprint, version } = row;
  const status = row.revokedAt !== null ? 'revoked' : row.relayId !== null ? 'connected' : 'disconnected';
  return {
    id,
    name,
    site,
    status,
    fingerprint,
    version,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
