// Entered from check-value for every path whose content is read, and from the walk for `< path`. A path that could
// reach a secret is one.
import { type Problem, unknown } from '../explain/finding.ts';
import { showText } from '../text/show-text.ts';
import { joined, leadingText, literalOf, type Piece, textPiece } from '../words/piece.ts';
import { type Atom, atomsOfPattern, atomsOfPieces, matcherOf, pathsMeet } from './paths-meet.ts';
import {
  clearlyFiles,
  devicePlaces,
  harmlessDevices,
  kernelHints,
  kernelTrees,
  keylessTrees,
  keyNames,
  openTrees,
  publicPaths,
  secretHints,
  secretNames,
  secretPlaces,
} from './secret-places.ts';

const copySuffixes = ['', '-', '~', '.bak', '.old', '.orig', '.save', '.swp'];
const placeMatcher = matcherOf(secretPlaces);
const nameMatcher = matcherOf(secretNames);
const keyMatcher = matcherOf(keyNames);
const deviceMatcher = matcherOf(devicePlaces);
const placePatterns = patternsOf(secretPlaces);
const namePatterns = patternsOf(secretNames);
const keyPatterns = patternsOf(keyNames);
const deviceAtoms = devicePlaces.map(atomsOfPattern);

/** Where a relative path may start: the login's home, whichever it is, and the root. */
const starts = ['/', '/root/', '/home/user/'];
const pathLengthMax = 4096;
/** For paths with globs, which cost more to compare. */
const patternLengthMax = 256;
const holesMax = 12;
const secret: Problem = { kind: 'reads_secret', because: 'may hold a secret' };

export interface PathPlace {
  /** Directories that a relative path may start from, besides the home. */
  directories: readonly string[];
  /** Everything below the path is read too. */
  deep: boolean;
  /** Of what is below it, files of such names alone: no slash, and `*` for any part of one. */
  name?: string | undefined;
  /** If the path is a directory, the files in it are read too. */
  entries?: boolean;
}

export function checkPath(pieces: readonly Piece[], place: PathPlace): Problem | undefined {
  const literal = literalOf(pieces);
  if (literal === '-' || literal === '') return undefined;
  if (pieces.some((piece) => piece.kind === 'hole' && piece.of === 'any')) {
    return unknown(`the path ${show(pieces)} is computed when it runs`);
  }
  // Some programs take `@file` for a list of arguments, and show what they can't use of it.
  if (leadingText(pieces).startsWith('@')) return unknown(`${show(pieces)} may stand for a list of arguments`);
  if (isTooLarge(pieces)) return unknown('a path has too many parts to be judged');
  if (climbs(pieces)) return unknown(`the path ${show(pieces)} climbs with \`..\`, so what it reads is not known`);
  for (const full of absolutePaths(pieces, place.directories)) {
    const problem =
      checkAbsolute(full) ??
      (place.deep ? checkBelow(full, place.name ?? '') : undefined) ??
      (place.entries ? checkEntries(full) : undefined);
    if (problem) return { kind: problem.kind, because: `${show(pieces)} ${problem.because}` };
  }
  return undefined;
}

/** Whether it may be a device. What the file holds does not count. */
export function checkPlace(pieces: readonly Piece[], directories: readonly string[]): Problem | undefined {
  if (isTooLarge(pieces)) return unknown('a path has too many parts to be judged');
  if (climbs(pieces)) return unknown(`the path ${show(pieces)} climbs with \`..\`, so what it reads is not known`);
  const mayBeDevice = absolutePaths(pieces, directories).some((full) => {
    const literal = literalOf(full);
    if (literal === undefined) return anyMeets(atomsOf(full), deviceAtoms);
    const path = withoutSlash(tidy(literal));
    // Below /proc are links to anywhere.
    return !harmlessDevices.has(path) && (deviceMatcher.test(path) || path.startsWith('/proc/'));
  });
  return mayBeDevice ? unknown(`${show(pieces)} could reach a device`) : undefined;
}

function checkAbsolute(full: readonly Piece[]): Problem | undefined {
  const literal = literalOf(full);
  return literal === undefined
    ? checkAtoms(atomsOf(full), tidy(leadingText(full)))
    : checkLiteral(withoutSlash(tidy(literal)));
}

/** Everything below the path, or what ends in the name. */
function checkBelow(full: readonly Piece[], name: string): Problem | undefined {
  return checkAtoms([...atomsOf(full), '/', { run: 'all' }, ...atomsOfPattern(name)], `${tidy(leadingText(full))}/`);
}

/** The files directly in the path, unless its name is clearly that of a file. */
function checkEntries(full: readonly Piece[]): Problem | undefined {
  const literal = literalOf(full);
  if (literal !== undefined && clearlyFiles.test(literal)) return undefined;
  return checkAtoms([...atomsOf(full), '/', { run: 'name' }], `${tidy(leadingText(full))}/`);
}

function atomsOf(full: readonly Piece[]): Atom[] {
  const pieces = full.map((piece) => (piece.kind === 'text' ? textPiece(tidy(piece.text)) : piece));
  const atoms = atomsOfPieces(pieces);
  return atoms.at(-1) === '/' ? atoms.slice(0, -1) : atoms;
}

function checkAtoms(atoms: readonly Atom[], leading: string): Problem | undefined {
  if (anyMeets(atoms, deviceAtoms)) return unknown('could reach a device');
  const keyless = treeOf(keylessTrees, leading);
  // Only the secret places that lie in it count.
  if (keyless !== undefined) {
    const places = placePatterns.filter(({ fixed }) => fixed.startsWith(keyless));
    return meetsSecret(atoms, places) ? secret : undefined;
  }
  const names = treeOf(openTrees, leading) === undefined ? namePatterns : keyPatterns;
  return meetsSecret(atoms, placePatterns) || meetsSecret(atoms, names) ? secret : undefined;
}

interface SecretPattern {
  /** What stands in front of its first hole. */
  fixed: string;
  /** As it is held against a name with holes. */
  copies: Atom[][];
  whole: Atom[];
}

function patternsOf(patterns: readonly string[]): SecretPattern[] {
  return patterns.map((pattern) => ({
    fixed: pattern.replace(/\*.*$/s, ''),
    copies: copiesOf(pattern).map(atomsOfPattern),
    whole: atomsOfPattern(pattern),
  }));
}

function meetsSecret(atoms: readonly Atom[], patterns: readonly SecretPattern[]): boolean {
  const written = writtenBeginnings(atoms);
  return patterns.some(
    ({ copies, whole }) => anyMeets(atoms, copies) || written.some((beginning) => pathsMeet(beginning, whole)),
  );
}

/** How the last name begins, as far as it is written out: of `id_rsa_*` this much is known. Holes in front of it stay. */
function writtenBeginnings(atoms: readonly Atom[]): Atom[][] {
  const at = atoms.findLastIndex((atom) => atom === '/' || (typeof atom === 'object' && atom.run === 'all'));
  const name = atoms.slice(at + 1);
  const hole = name.findIndex((atom) => typeof atom === 'object');
  const written = hole < 0 ? name : name.slice(0, hole);
  if (written.length === 0) return [];
  const below = [...atoms.slice(0, at + 1), ...(atoms[at] === '/' ? [] : ['/']), ...written];
  return atoms[at] === '/' ? [below] : [[...atoms.slice(0, at), ...written], below];
}

function copiesOf(pattern: string): string[] {
  if (!/[^*]\*$/.test(pattern)) return [pattern];
  return copySuffixes.map((suffix) => pattern.slice(0, -1) + suffix);
}

function checkLiteral(path: string): Problem | undefined {
  if (harmlessDevices.has(path) || publicPaths.test(path)) return undefined;
  if (deviceMatcher.test(path)) return unknown('is a device, not a file');
  if (placeMatcher.test(path)) return secret;
  if (treeOf(kernelTrees, path) !== undefined) return kernelHints.test(path) ? secret : undefined;
  if (treeOf(openTrees, path) !== undefined) return keyMatcher.test(path) ? secret : undefined;
  return nameMatcher.test(path) || secretHints.test(path) ? secret : undefined;
}

function anyMeets(atoms: readonly Atom[], patterns: ReadonlyArray<readonly Atom[]>): boolean {
  return patterns.some((pattern) => pathsMeet(atoms, pattern));
}

function treeOf(trees: readonly string[], path: string): string | undefined {
  return trees.find((tree) => path.startsWith(`${tree}/`));
}

function absolutePaths(pieces: readonly Piece[], directories: readonly string[]): Piece[][] {
  const [first] = pieces;
  if (leadingText(pieces).startsWith('/') || (first?.kind === 'hole' && first.of === 'path')) return [[...pieces]];
  return [...starts, ...directories.map((directory) => `${directory}/`)].map((start) =>
    joined([textPiece(start), ...pieces]),
  );
}

/** `//` and `/./` say the same as `/`. */
function tidy(path: string): string {
  return path.replace(/\/(?:\.?\/)+/g, '/').replace(/\/\.$/, '/');
}

function withoutSlash(path: string): string {
  return path.replace(/(.)\/$/, '$1');
}

function isTooLarge(pieces: readonly Piece[]): boolean {
  const length = pieces.reduce((sum, piece) => sum + (piece.kind === 'text' ? piece.text.length : 1), 0);
  const holes = pieces.filter((piece) => piece.kind === 'hole').length;
  return holes === 0 ? length > pathLengthMax : length > patternLengthMax || holes > holesMax;
}

/** A `..`, a name that begins with a dot and goes on with a glob, or a path behind another: it could be one, or hold one. */
function climbs(pieces: readonly Piece[]): boolean {
  if (pieces.some((piece, index) => index > 0 && piece.kind === 'hole' && piece.of === 'path')) return true;
  const shape = pieces.map((piece) => (piece.kind === 'text' ? piece.text : '*')).join('');
  return shape.split('/').some((name) => /^\.(\**\.?\**)$/.test(name) && name !== '.');
}

function show(pieces: readonly Piece[]): string {
  return showText(pieces.map((piece) => (piece.kind === 'text' ? piece.text : '*')).join(''));
}
