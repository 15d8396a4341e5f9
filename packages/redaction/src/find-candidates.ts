// Entered by redact-stream with a piece of output: which of its lines some rule has to look at. Most output has none, so this decides what
// redaction costs. Pure.
import type { Rule } from './rules/rule.ts';

const lineFeed = 0x0a;

export type CandidateLine = { start: number; end: number; rules: number };

export type CandidateFinder = (piece: Buffer) => CandidateLine[];

/** `rules` of a candidate: bit n is the nth of these. At most 31. */
export function createCandidateFinder(rules: ReadonlyArray<Pick<Rule, 'hints' | 'words'>>): CandidateFinder {
  if (rules.length > 31) throw new Error('a set of rules is kept in 31 bits');
  const hints = new Map<string, number>();
  const words = new Map<string, number>();
  rules.forEach((rule, index) => {
    for (const hint of rule.hints) hints.set(hint, (hints.get(hint) ?? 0) | (1 << index));
    for (const word of rule.words ?? []) words.set(word, (words.get(word) ?? 0) | (1 << index));
  });
  const soughtBytes = [...hints].map(([hint, mask]) => ({ bytes: Buffer.from(hint, 'latin1'), mask }));
  const groups = inGroups([...words.keys()]).map((group) => new RegExp(group.map(inAnyCase).join('|'), 'g'));

  return (piece) => {
    const found = new Map<number, CandidateLine>();
    let line: CandidateLine | null = null;

    function note(at: number, mask: number): CandidateLine {
      if (line === null || at < line.start || at >= line.end) {
        const start = piece.lastIndexOf(lineFeed, at) + 1;
        line = found.get(start) ?? null;
        if (line === null) {
          const feed = piece.indexOf(lineFeed, at);
          line = { start, end: feed < 0 ? piece.length : feed, rules: 0 };
          found.set(start, line);
        }
      }
      line.rules |= mask;
      return line;
    }

    for (const { bytes, mask } of soughtBytes) {
      // Once a line is enough.
      for (let at = piece.indexOf(bytes); at >= 0; at = piece.indexOf(bytes, note(at, mask).end));
    }
    if (groups.length > 0) {
      const text = piece.latin1Slice(0, piece.length);
      for (const pattern of groups) {
        pattern.lastIndex = 0;
        for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
          note(match.index, words.get(match[0].toLowerCase()) ?? 0);
        }
      }
    }
    return [...found.values()].sort((a, b) => a.start - b.start);
  };
}

/** Few alternatives let the engine skip; many make it try each at every byte. */
const groupSize = 6;

function inGroups(words: string[]): string[][] {
  const groups: string[][] = [];
  for (let at = 0; at < words.length; at += groupSize) groups.push(words.slice(at, at + groupSize));
  return groups;
}

function inAnyCase(word: string): string {
  return [...word].map((letter) => `[${letter}${letter.toUpperCase()}]`).join('');
}
