// What is known of a word before it runs: fixed text, with holes whose content is bounded by their kind.

/**
 * digits: one or more digits. token: a name without blank, slash, glob or leading dash. glob: part of a file name,
 * no slash. path: an absolute path without blanks. any: nothing is known.
 */
export type HoleKind = 'digits' | 'token' | 'glob' | 'path' | 'any';

export type Piece =
  /** `isExample`: one of several texts that stand for what only the node knows, such as a home directory. */
  { kind: 'text'; text: string; isExample?: true } | { kind: 'hole'; of: HoleKind };

/** found: the path in its pieces, or any below it, each as often as they are. input: any text, which may begin with a dash. */
export type Handed = 'found' | 'input';

export interface Word {
  pieces: Piece[];
  /** Stands for any number of words with any content. */
  loose: boolean;
  /** Stands for no word at all: its expansion may be empty. */
  absent?: boolean;
  /** Stands for each name that fits, if there are several. */
  globbed?: boolean;
  /** Another program puts it there when it runs. */
  handed?: Handed;
  /** What the last name of every path fits that is found. */
  name?: string | undefined;
  start: number;
  end: number;
}

export function textPiece(text: string): Piece {
  return { kind: 'text', text };
}

export function examplePiece(text: string): Piece {
  return { kind: 'text', text, isExample: true };
}

/** The whole text, when there is no hole. */
export function literalOf(pieces: readonly Piece[]): string | undefined {
  let text = '';
  for (const piece of pieces) {
    if (piece.kind === 'hole') return undefined;
    text += piece.text;
  }
  return text;
}

/** Written out, and the same on every node. */
export function isLiteral({ pieces, loose, absent, handed }: Word): boolean {
  if (loose || absent === true || handed !== undefined) return false;
  return pieces.every((piece) => piece.kind === 'text' && piece.isExample !== true);
}

/** The fixed text before the first hole. */
export function leadingText(pieces: readonly Piece[]): string {
  let text = '';
  for (const piece of pieces) {
    if (piece.kind === 'hole') break;
    text += piece.text;
  }
  return text;
}

/** Whether the word could turn out to begin with a dash although that can't be read from it. */
export function mayHideDash(pieces: readonly Piece[]): boolean {
  for (const piece of pieces) {
    if (piece.kind === 'text' && piece.text !== '') return false;
    if (piece.kind === 'hole') return piece.of === 'any' || piece.of === 'glob';
  }
  return false;
}

/** The pieces without their first `count` characters, all of which must be fixed text. */
export function withoutLeading(pieces: readonly Piece[], count: number): Piece[] {
  let left = count;
  const rest: Piece[] = [];
  for (const piece of pieces) {
    if (piece.kind === 'text' && left > 0) {
      const taken = Math.min(left, piece.text.length);
      left -= taken;
      if (taken < piece.text.length) rest.push(textPiece(piece.text.slice(taken)));
    } else rest.push(piece);
  }
  return rest;
}

/** Adjacent texts joined, empty ones dropped. */
export function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (piece.kind === 'text' && last?.kind === 'text') {
      last.text += piece.text;
      if (piece.isExample) last.isExample = true;
    } else if (piece.kind === 'hole') result.push(piece);
    else if (piece.text !== '') result.push({ ...piece });
  }
  return result;
}
