// The satellites whose tunnels end in this process. Memory only: PostgreSQL says who holds a satellite, this says through which socket.
import type { RelayFrame } from '@sena/contracts/frames';
import type { FrameBatcher } from '@sena/tunnel/frame-batcher';

export interface HeldSatellite {
  readonly organizationId: string;
  readonly satelliteId: string;
  readonly siteId: string;
  readonly connectionEpoch: number;
  /** Of the tunnel, as the hello has agreed on it. */
  readonly protocol: number;
  /** What it believes of the organization's dispatch keys. `isRefusing`: over this connection it is told nothing more. */
  keys: { readonly sequence: number; readonly newestKeyId: string | null; readonly isRefusing: boolean };
  /** By what it has proved who it is on this connection; after a change of its key, the new one. */
  proof: { readonly nonce: string; readonly publicKey: string };
  /**
   * What it was told last of its site's limit, null: nothing yet. `isOwed`: it may be running more from before. `isKept`: it has said that it
   * does not.
   */
  share: {
    readonly sequence: number;
    readonly runningMax: number | null;
    readonly isOwed: boolean;
    readonly isKept: boolean;
  } | null;
  readonly out: FrameBatcher<RelayFrame>;
  /** False: nothing was heard lately. Whether anything arrives there is not known. */
  isHeard(): boolean;
  close(code: number, reason: string): void;
}

export interface HeldSatellites {
  /** The satellite's former connection, if there is one, is closed. */
  add(satellite: HeldSatellite): void;
  /** Only the same connection removes itself. */
  remove(satellite: HeldSatellite): void;
  find(satelliteId: string): HeldSatellite | undefined;
  all(): HeldSatellite[];
}

export function createHeldSatellites(): HeldSatellites {
  const byId = new Map<string, HeldSatellite>();
  return {
    add(satellite) {
      byId.get(satellite.satelliteId)?.close(4000, 'connected again');
      byId.set(satellite.satelliteId, satellite);
    },
    remove(satellite) {
      if (byId.get(satellite.satelliteId) === satellite) byId.delete(satellite.satelliteId);
    },
    find: (satelliteId) => byId.get(satelliteId),
    all: () => [...byId.values()],
  };
}
