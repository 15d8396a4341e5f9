// How a row of `satellites` is shown. Pure.
import type { Satellite } from '@sena/contracts/http/fleet';

export interface SatelliteRow {
  readonly id: string;
  readonly name: string;
  readonly site: { readonly id: string; readonly name: string };
  readonly relayId: string | null;
  readonly revokedAt: Date | null;
  readonly fingerprint: string;
  readonly version: string | null;
  readonly lastSeenAt: Date | null;
  readonly createdAt: Date;
}

export function toSatellite(row: SatelliteRow): Satellite {
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
