// How long and how often a vendor is asked. Data only.

export interface CallLimits {
  attempts: number;
  /** Before the second attempt; doubled before each further one, with up to a quarter less at random. */
  backoffMs: number;
  /** A vendor that asks to wait longer than this is not waited for. */
  retryAfterMaxMs: number;
  /** Until the first token of a stream, or a whole answer that isn't streamed; attempts and waits included. */
  firstTokenMs: number;
  /** The vendor's list of models, where no model is named. */
  listMs: number;
  /** Between two pieces of a stream. */
  silenceMs: number;
  /** A whole stream. */
  streamMs: number;
}

/** A local model on processors may think for minutes before its first token. */
export const callLimits: CallLimits = {
  attempts: 4,
  backoffMs: 500,
  retryAfterMaxMs: 20_000,
  firstTokenMs: 240_000,
  listMs: 10_000,
  silenceMs: 60_000,
  streamMs: 600_000,
};
