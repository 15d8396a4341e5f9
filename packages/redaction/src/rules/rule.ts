// What a rule of ours is. Types only.

/** Where in a line a secret stands: from the first byte of it to the one behind its last. */
export type Place = readonly [start: number, end: number];

/**
 * A line is text in which every byte is one character; those that are not ASCII have become `¦`, which is neither a letter nor a blank.
 * A rule is asked about a line only when one of its hints stands in it, so hints have to be rare in ordinary output.
 */
export type Rule = {
  /** What a person reads beside a masked place. */
  name: string;
  /** Exact bytes. */
  hints: readonly string[];
  /** Or words, in lower case, however they are written. */
  words?: readonly string[];
  /** Or a hint that is frequent, and says something only where one more character follows. */
  opening?: { hint: string; closing: string; withinBytes: number };
  find(line: string): Place[];
};
