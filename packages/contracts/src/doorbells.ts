// Signals between processes. They carry ids only, are sent after the commit, may be lost, and are scoped to one
// organization: whoever listens also polls slowly.
import { z } from 'zod';

export const doorbells = {
  /** The run has events after `seq`. For gateways that stream it. */
  runEvents: z.strictObject({ runId: z.string(), seq: z.int() }),
  /** Signed dispatches wait, for this satellite and perhaps for others. For the relays of the organization. */
  dispatchReady: z.strictObject({ satelliteId: z.string() }),
  /** The organization's dispatch keys have a new word for each other: satellites are told. For its relays. */
  keysChanged: z.strictObject({}),
  /** What may run at this site at once, or who is there to run it, has changed: its satellites' shares are looked at again. For its relays. */
  siteShares: z.strictObject({ siteId: z.string() }),
  /** The satellite was revoked or locked: close its tunnel. */
  satelliteRevoked: z.strictObject({ satelliteId: z.string() }),
  /** What this member may do has changed: whoever serves them something looks again. For gateways. */
  memberChanged: z.strictObject({ userId: z.string() }),
  /** Executions of this run are to be cancelled where they have not started. */
  runCancelled: z.strictObject({ runId: z.string() }),
} as const;

export type DoorbellName = keyof typeof doorbells;
export type DoorbellData<N extends DoorbellName> = z.infer<(typeof doorbells)[N]>;
