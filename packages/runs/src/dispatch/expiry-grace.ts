// How long the cloud waits for a word on what was sent, after its validity and its time limit. Milliseconds.

export const expiryGrace = {
  /** For a satellite that is about to reconnect. */
  graceMs: 30_000,
  /** For one that was asked about another's work: longer than a satellite tries to reach a node, by its usual settings. */
  askedMs: 900_000,
} as const;
