// Pure: can two path patterns name the same file? Used when a path has holes; a written-out path is a plain match.
import type { Piece } from '../words/piece.ts';

/** A character, `digits` for any run of them, `name` for any run without slash, `all` for any run. */
export type Atom = string | { run: 'digits' | 'name' | 'all' };

export function atomsOfPattern(pattern: string): Atom[] {
  const atoms: Atom[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    if (pattern.startsWith('**', at)) {
      atoms.push({ run: 'all' });
      at += 1;
    } else if (pattern.charAt(at) === '*') atoms.push({ run: 'name' });
    else atoms.push(pattern.charAt(at));
  }
  return atoms;
}

const runOf = { digits: 'digits', token: 'name', glob: 'name', path: 'all', any: 'all' } as const;

export function atomsOfPieces(pieces: readonly Piece[]): Atom[] {
  return pieces.flatMap((piece): Atom[] => {
    if (piece.kind === 'text') return [...piece.text];
    return [{ run: runOf[piece.of] }];
  });
}

export function pathsMeet(left: readonly Atom[], right: readonly Atom[]): boolean {
  const seen = new Set<number>();
  const width = right.length + 1;
  const meet = (i: number, j: number): boolean => {
    const state = i * width + j;
    if (seen.has(state)) return false;
    seen.add(state);
    const a = left[i];
    const b = right[j];
    if (a === undefined && b === undefined) return true;
    if (typeof a === 'object') {
      if (meet(i + 1, j)) return true;
      if (typeof b === 'string' && covers(a.run, b)) return meet(i, j + 1);
    }
    if (typeof b === 'object') {
      if (meet(i, j + 1)) return true;
      return typeof a === 'string' && covers(b.run, a) && meet(i + 1, j);
    }
    return typeof a === 'string' && a === b && meet(i + 1, j + 1);
  };
  return meet(0, 0);
}

function covers(run: 'digits' | 'name' | 'all', character: string): boolean {
  return run === 'all' || (run === 'name' ? character !== '/' : /\d/.test(character));
}

/** The same as a regular expression, for written-out paths. */
export function matcherOf(patterns: readonly string[]): RegExp {
  const sources = patterns.map((pattern) =>
    pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*\*|\*/g, (run) => (run === '**' ? '.*' : '[^/]*')),
  );
  return new RegExp(`^(?:${sources.join('|')})$`, 's');
}
