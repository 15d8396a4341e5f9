// Entered from check-arguments for every option value and operand. Says what speaks against it, or nothing.
import type { Value, ValueKind } from '../catalogue/schema.ts';
import { type Problem, unknown } from '../explain/finding.ts';
import { readAwk } from '../languages/read-awk.ts';
import { readPrintf } from '../languages/read-printf.ts';
import { readSed } from '../languages/read-sed.ts';
import { checkPath, checkPlace } from '../secrets/check-path.ts';
import { showText } from '../text/show-text.ts';
import { leadingText, literalOf, type Piece } from '../words/piece.ts';

export interface ValuePlace {
  /** Directories that relative paths may start from. */
  directories: readonly string[];
  /** A content path stands for everything below it. */
  deep: boolean;
  /** Of that, for files of such names alone. */
  name?: string | undefined;
}

const wordPattern = /^[A-Za-z0-9_.,:@%+*?=\\/[\]-]*$/;
const countPattern = /^[+-]?\d{1,15}([.]\d{1,9})?[A-Za-z]{0,3}$/;
const columnsPattern =
  /^[A-Za-z_%]{1,20}(=[A-Za-z0-9_ %#-]*)?([, ]+[A-Za-z_%]{1,20}(:\d{1,3})?(=[A-Za-z0-9_ %#-]*)?)*$/;
const daySeconds = 86_400;
const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: daySeconds };

export function checkValue(value: Value, pieces: readonly Piece[], place: ValuePlace): Problem | undefined {
  if (typeof value === 'string') return checkKind(value, pieces, place);
  const literal = literalOf(pieces);
  if ('oneOf' in value) {
    if (literal === undefined) return computed();
    return value.oneOf.includes(literal) ? undefined : unexpected(literal);
  }
  const samples = literal === undefined ? samplesOf(pieces) : [literal];
  if (!samples) return computed();
  const wrong = samples.find((sample) => !fullMatch(value.pattern).test(sample));
  return wrong === undefined ? undefined : unexpected(wrong);
}

/** Texts that stand for all that unknown digits can become, and globs among names of disks; patterns treat all digits alike, and all letters. */
function samplesOf(pieces: readonly Piece[]): string[] | undefined {
  const diskPart = /^\/dev\/(?:sd|vd|xvd)$/.test(leadingText(pieces))
    ? 'b'
    : /^\/dev\/nvme$/.test(leadingText(pieces))
      ? '1'
      : undefined;
  const isKnown = (piece: Piece) =>
    piece.kind === 'text' || piece.of === 'digits' || (piece.of === 'glob' && diskPart !== undefined);
  if (!pieces.every(isKnown)) return undefined;
  const fill = (piece: Piece, digits: string) =>
    piece.kind === 'text' ? piece.text : piece.of === 'glob' ? (diskPart ?? '') : digits;
  return ['7', '12345'].map((digits) => pieces.map((piece) => fill(piece, digits)).join(''));
}

const compiled = new Map<string, RegExp>();

function fullMatch(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) return known;
  const made = new RegExp(`^(?:${pattern})$`, 's');
  compiled.set(pattern, made);
  return made;
}

function checkKind(kind: ValueKind, pieces: readonly Piece[], place: ValuePlace): Problem | undefined {
  const literal = literalOf(pieces);
  switch (kind) {
    case 'text':
      return undefined;
    case 'word':
      return textsMatch(pieces, wordPattern, ['digits', 'token', 'path', 'glob']);
    case 'count':
      if (literal === undefined) return onlyDigits(pieces);
      return countPattern.test(literal) ? undefined : unexpected(literal);
    case 'seconds':
      return literal === undefined ? computed() : checkSeconds(literal);
    case 'interval':
      return literal !== undefined && /^\d{1,5}([.]\d{1,3})?$/.test(literal) ? undefined : unexpected(literal ?? '…');
    case 'name-of-file':
      return undefined;
    case 'content':
      return checkPath(pieces, place);
    case 'compared':
      return checkPath(pieces, { ...place, entries: true });
    case 'certificate':
      return checkCertificate(pieces, place);
    case 'assignment':
      if (/^[a-z][a-zA-Z0-9_]*=/.test(leadingText(pieces))) return textsMatch(pieces, /^.*$/s, ['digits', 'token']);
      if (literal === undefined) return computed();
      return /^(?:[OR]?F?S|OFS|ORS)=.{0,8}$/s.test(literal) ? undefined : unexpected(literal);
    case 'awk':
      return literal === undefined ? computed() : readAwk(literal);
    case 'sed':
      return literal === undefined ? computed() : readSed(literal);
    case 'printf':
      return literal === undefined ? computed() : readPrintf(literal);
    case 'columns':
      if (literal === undefined) return computed();
      if (/environ/i.test(literal)) return { kind: 'reads_secret', because: 'it shows the environment of processes' };
      return columnsPattern.test(literal) ? undefined : unexpected(literal);
  }
}

function textsMatch(pieces: readonly Piece[], pattern: RegExp, holes: readonly string[]): Problem | undefined {
  for (const piece of pieces) {
    if (piece.kind === 'hole' && !holes.includes(piece.of)) return computed();
    if (piece.kind === 'text' && !pattern.test(piece.text)) return unexpected(piece.text);
  }
  return undefined;
}

function onlyDigits(pieces: readonly Piece[]): Problem | undefined {
  const fine = pieces.every((piece) => (piece.kind === 'text' ? /^[+-]?\d*$/.test(piece.text) : piece.of === 'digits'));
  return fine ? undefined : computed();
}

function checkSeconds(literal: string): Problem | undefined {
  const match = /^(\d{1,6}(?:[.]\d{1,6})?)([smhd]?)$/.exec(literal);
  const seconds = match ? Number(match[1]) * (units[match[2] || 's'] ?? Number.POSITIVE_INFINITY) : Number.NaN;
  if (seconds <= daySeconds) return undefined;
  return unknown(`${showText(literal)} is not a time of at most a day`);
}

/** The program shows public parts only, but it must be a file: openssl also takes addresses of other stores. */
function checkCertificate(pieces: readonly Piece[], place: ValuePlace): Problem | undefined {
  return textsMatch(pieces, /^[^:|]*$/, ['digits', 'token', 'path', 'glob']) ?? checkPlace(pieces, place.directories);
}

function computed(): Problem {
  return unknown('an argument that decides what it does is computed when it runs');
}

function unexpected(literal: string): Problem {
  return unknown(`the argument ${showText(literal)} is not one that is known to only read`);
}
