// Entered by redact-stream with a piece of output: which of its lines some rule has to look at. Most output has none, so this decides what
// redaction costs: one pass over the bytes, whatever the number of rules. Pure.
import type { Rule } from './rules/rule.ts';

const lineFeed = 0x0a;

export type CandidateLine = { start: number; end: number; rules: number };

export type CandidateFinder = (piece: Buffer) => CandidateLine[];

type Hinted = Pick<Rule, 'hints' | 'words' | 'opening'>;

/** `isExact`: the case of its letters counts. `closing`: it counts only where this byte follows, so near. */
type Sought = { bytes: Buffer; isExact: boolean; rules: number; closing: { byte: number; withinBytes: number } | null };

/** `rules` of a candidate: bit n is the nth of these. At most 31. */
export function createCandidateFinder(rules: ReadonlyArray<Hinted>): CandidateFinder {
  if (rules.length > 31) throw new Error('a set of rules is kept in 31 bits');
  const { next, classOf, found } = buildAutomaton(listSought(rules));

  return (piece) => {
    const lines = new Map<number, CandidateLine>();
    let line: CandidateLine | null = null;

    function note(at: number, mask: number): void {
      if (line === null || at >= line.end) {
        const start = piece.lastIndexOf(lineFeed, at) + 1;
        const feed = piece.indexOf(lineFeed, at);
        line = { start, end: feed < 0 ? piece.length : feed, rules: 0 };
        lines.set(start, line);
      }
      line.rules |= mask;
    }

    /** Of each closing byte the next place, so that the piece is looked through for it once. */
    const closingAt = new Map<number, number>();
    function isClosed(at: number, { byte, withinBytes }: NonNullable<Sought['closing']>): boolean {
      let place = closingAt.get(byte) ?? -1;
      if (place < at) {
        place = piece.indexOf(byte, at);
        if (place < 0) place = Number.MAX_SAFE_INTEGER;
        closingAt.set(byte, place);
      }
      return place - at <= withinBytes;
    }

    let row = 0;
    for (let at = 0; at < piece.length; at += 1) {
      row = next[row + (classOf[piece[at] as number] as number)] as number;
      if (row >= 0) continue;
      row = ~row;
      for (const { bytes, isExact, rules: mask, closing } of found.get(row) ?? []) {
        const from = at + 1 - bytes.length;
        if (isExact && bytes.compare(piece, from, at + 1) !== 0) continue;
        if (closing === null || isClosed(at, closing)) note(from, mask);
      }
    }
    return [...lines.values()];
  };
}

function listSought(rules: readonly Hinted[]): Sought[] {
  const sought = new Map<string, Sought>();
  const add = (text: string, isExact: boolean, index: number, closing: Sought['closing'] = null) => {
    const key = `${isExact} ${closing?.byte} ${text}`;
    const known = sought.get(key) ?? { bytes: Buffer.from(text, 'latin1'), isExact, rules: 0, closing };
    sought.set(key, { ...known, rules: known.rules | (1 << index) });
  };
  for (const [index, rule] of rules.entries()) {
    for (const hint of rule.hints) add(hint, true, index);
    for (const word of rule.words ?? []) add(word, false, index);
    if (rule.opening !== undefined) {
      const { hint, closing, withinBytes } = rule.opening;
      add(hint, true, index, { byte: closing.charCodeAt(0), withinBytes });
    }
  }
  return [...sought.values()];
}

/**
 * Aho and Corasick's, over letters without their case: `next[row + classOf[byte]]` is the next row, or its complement where something that is
 * sought ends. Bytes that nobody looks for are one class, so that the table stays in the processor's cache.
 */
function buildAutomaton(sought: readonly Sought[]) {
  const fold = (byte: number) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
  const folded = sought.map(({ bytes }) => [...bytes].map(fold));
  const alphabet = [...new Set(folded.flat())];
  const classes = alphabet.length + 1;
  const classOf = new Uint8Array(256).map((_, byte) => alphabet.indexOf(fold(byte)) + 1);

  // A place in the table of the trie is its child; 0, which is nobody's child, is none.
  const states = folded.reduce((sum, bytes) => sum + bytes.length, 1);
  const next = new Int32Array(states * classes);
  const ends: Sought[][] = [[]];
  let made = 1;
  for (const [index, bytes] of folded.entries()) {
    let state = 0;
    for (const byte of bytes) {
      const place = state * classes + (classOf[byte] as number);
      if (next[place] === 0) {
        next[place] = made;
        ends.push([]);
        made += 1;
      }
      state = next[place] as number;
    }
    ends[state]?.push(sought[index] as Sought);
  }

  // Breadth first: where a state has no child, it goes where the longest end of it that is a beginning would go.
  const fallback = new Uint32Array(made);
  const queue = new Uint32Array(made);
  let queued = 1;
  for (let at = 0; at < queued; at += 1) {
    const state = queue[at] as number;
    for (let each = 1; each < classes; each += 1) {
      const child = next[state * classes + each] as number;
      const otherwise = state === 0 ? 0 : (next[(fallback[state] as number) * classes + each] as number);
      if (child === 0) {
        next[state * classes + each] = otherwise;
        continue;
      }
      fallback[child] = otherwise;
      ends[child]?.push(...(ends[otherwise] ?? []));
      queue[queued] = child;
      queued += 1;
    }
  }
  const found = new Map<number, Sought[]>();
  for (let state = 0; state < made; state += 1) if (ends[state]?.length) found.set(state * classes, ends[state] ?? []);
  for (let place = 0; place < next.length; place += 1) {
    const row = (next[place] as number) * classes;
    next[place] = found.has(row) ? ~row : row;
  }
  return { next, classOf, found };
}
