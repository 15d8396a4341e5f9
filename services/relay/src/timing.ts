// How long the relay waits for what. Tests pass shorter ones.

export interface RelayTiming {
  /** From the open socket to a valid hello. */
  readonly handshakeMs: number;
  /** A tunnel that is silent for two of these is cut. */
  readonly heartbeatMs: number;
  /** How often waiting dispatches are looked for, rung or not. */
  readonly pollMs: number;
  /** How often presence is reported, and it is looked for who has connected elsewhere. */
  readonly presenceMs: number;
  /** How often revoked and locked satellites are looked for, rung or not: their tunnels close within 2 s. */
  readonly revocationMs: number;
  /** A dispatch that is not journaled within this time is sent again. */
  readonly resendMs: number;
  /** How often satellites are asked to witness a new checkpoint of the audit; those that did not answer, again. */
  readonly checkpointMs: number;
  /**
   * For a satellite that is lost its share of its site's limit is reserved this long. Longer than from the last word that it heard to the
   * moment at which it begins nothing any more.
   */
  readonly siteShareReservedMs: number;
  /** At a stop: for satellites to answer the close. */
  readonly closeMs: number;
}

export const usualTiming: RelayTiming = {
  handshakeMs: 10_000,
  heartbeatMs: 15_000,
  pollMs: 2_000,
  presenceMs: 5_000,
  revocationMs: 1_000,
  resendMs: 15_000,
  checkpointMs: 10_000,
  siteShareReservedMs: 60_000,
  closeMs: 2_000,
};
