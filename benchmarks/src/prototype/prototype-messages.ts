// What the prototype says over its tunnels: as little as there is. Types only.

/** Relay → satellite. */
export interface Order {
  readonly run: number;
  readonly command: string;
  readonly nodes: ReadonlyArray<{ id: number; host: string; port: number }>;
}

/** Satellite → relay, a batch. */
export interface Answer {
  readonly run: number;
  readonly id: number;
  readonly code: number | null;
  readonly stdout: string;
}

/** Parent → satellites process. */
export interface PrototypeSatellitesSettings {
  readonly url: string;
  readonly satellites: number;
  /** Commands at one moment, of each satellite. */
  readonly concurrency: number;
  readonly username: string;
  readonly privateKey: string;
}
