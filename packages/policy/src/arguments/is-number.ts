// Entered from check-test and check-arguments: is this a plain number, whatever is filled in? Where a number is expected, some shells evaluate what they
// are given as arithmetic, and an index in it can run a program. Pure.
import type { Piece } from '../words/piece.ts';

export function isNumber(pieces: readonly Piece[]): boolean {
  return pieces.every((piece) =>
    piece.kind === 'text' ? /^[+-]?(?:0[xX][0-9a-fA-F]*|\d*(?:\.\d*)?)$/.test(piece.text) : piece.of === 'digits',
  );
}
