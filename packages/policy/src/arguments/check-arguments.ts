// Entered from walk/judge-program with the arguments of one catalogued program, expanded. Says what speaks against
// calling this use read-only. An argument that is not in the catalogue is never skipped.
import type { Program, Shape, Value } from '../catalogue/schema.ts';
import { type Problem, unknown } from '../explain/finding.ts';
import { numericPlaces } from '../languages/read-printf.ts';
import { checkPlace } from '../secrets/check-path.ts';
import { showText } from '../text/show-text.ts';
import {
  isLiteral,
  leadingText,
  literalOf,
  mayHideDash,
  type Piece,
  textPiece,
  type Word,
  withoutLeading,
} from '../words/piece.ts';
import type { ArgumentContext } from './argument-context.ts';
import { checkEnv } from './check-env.ts';
import { checkExecs, type Exec, takeExec } from './check-exec.ts';
import { checkTest } from './check-test.ts';
import { checkValue, type ValuePlace } from './check-value.ts';
import { checkXargs } from './check-xargs.ts';
import { isNumber } from './is-number.ts';
import { asName } from './narrowing-name.ts';

const daySeconds = 86_400;

interface Reading {
  program: Program;
  path: string;
  context: ArgumentContext;
  shapes: Shape[];
  words: readonly Word[];
  index: number;
  optionsEnded: boolean;
  operands: Word[];
  execs: Exec[];
  used: Set<string>;
  problems: Problem[];
}

export function checkArguments(program: Program, words: readonly Word[], context: ArgumentContext): Problem[] {
  if (program.parsing === 'free') return words.some((word) => mayBeUnsafe(program, word)) ? [notHanded(program)] : [];
  if (program.parsing === 'test') {
    return words.some(({ handed }) => handed !== undefined) ? [notHanded(program)] : checkTest(program.name, words);
  }
  if (isVersionAsked(program, words)) return [];
  if (program.parsing === 'env') return checkEnv(words, context);
  if (program.parsing === 'xargs') return checkXargs(words, context.input, context.judgeInner);
  const reading: Reading = {
    program,
    path: program.name,
    context,
    shapes: [program],
    words,
    index: 0,
    optionsEnded: false,
    operands: [],
    execs: [],
    used: new Set(),
    problems: [],
  };
  while (reading.index < words.length && reading.problems.length === 0) {
    const done = readArgument(reading);
    if (done) return reading.problems;
  }
  if (reading.problems.length === 0) checkWhole(reading);
  if (reading.problems.length === 0)
    reading.problems.push(...checkExecs({ ...reading, judgeInner: context.judgeInner }));
  if (reading.problems.length === 0) noteDeed(reading);
  return reading.problems;
}

/** `--version` alone: it tells its version, or complains. Not of what would take it for a command to run, or for what it changes. */
function isVersionAsked({ parsing, wraps, does }: Program, words: readonly Word[]): boolean {
  const isKnowing = parsing !== 'xargs' && parsing !== 'env' && wraps === undefined && does === undefined;
  const [only, ...others] = words;
  const isAlone = only !== undefined && others.length === 0 && literalOf(only.pieces) === '--version';
  return isAlone && isKnowing && only.handed === undefined;
}

/** All of it is described, and it does more than read. */
function noteDeed(reading: Reading): undefined {
  const literals = reading.operands.map((word) => literalOf(word.pieces));
  if (reading.shapes.some(({ doesUnless }) => doesUnless.some((name) => reading.used.has(name)))) return;
  const isThere = (token: string) => reading.used.has(token) || literals.includes(token);
  const [token, deed] =
    reading.shapes.flatMap(({ doesWith }) => Object.entries(doesWith)).find(([name]) => isThere(name)) ?? [];
  const done = deed ?? reading.shapes.findLast(({ does }) => does !== undefined)?.does;
  if (done === undefined) return;
  const use = token === undefined ? reading.path : `${reading.path} ${token}`;
  const operands = literals.filter((literal) => literal !== undefined && literal !== token);
  const isWrittenOut = reading.operands.every(isLiteral);
  // Its options and their values are sent as well, or say where to.
  const asks = reading.shapes.some((shape) => shape.asks) && reading.words.every(isLiteral) && sendsKnownInput(reading);
  fail(reading, {
    kind: done[0],
    because: `${showText(use)} ${done[1]}`,
    call: {
      understood: true,
      program: reading.program.name,
      use,
      ...(asks ? { asks } : {}),
      ...(isWrittenOut ? { operands: operands as string[] } : {}),
    },
  });
}

function sendsKnownInput({ shapes, used, context: { input } }: Reading): boolean {
  return shapes.every(({ sends }) => {
    if (sends === undefined || sends.unless.some((name) => used.has(name))) return true;
    return input.written !== undefined && sends.texts.includes(input.written);
  });
}

/** True when the rest belongs to a wrapped command. */
function readArgument(reading: Reading): boolean {
  const word = reading.words[reading.index];
  reading.index += 1;
  if (!word) return true;
  if (word.absent) return false;
  if (word.handed !== undefined) {
    if (!mayBeUnsafe(reading.program, word)) return readOperand(reading, word);
    fail(reading, notHanded(reading.program));
    return false;
  }
  if (word.loose || (!reading.optionsEnded && mayHideDash(word.pieces) && !isSafeGlob(reading, word))) {
    fail(
      reading,
      unknown(
        word.loose
          ? `an argument of ${showText(reading.path)} is computed when it runs`
          : `an argument of ${showText(reading.path)} could turn out to be an option`,
      ),
    );
    return false;
  }
  const literal = literalOf(word.pieces);
  const exact = isExact(reading);
  if (literal !== undefined && reading.shapes.some(({ execs }) => execs.includes(literal))) {
    const exec = takeExec(reading.words.slice(reading.index));
    if (exec === undefined) refuse(reading, literal);
    else {
      reading.execs.push(exec);
      reading.index += exec.length;
    }
    return false;
  }
  if (!reading.optionsEnded && literal === '--' && !exact) {
    reading.optionsEnded = true;
    return false;
  }
  if (exact && !reading.optionsEnded && literal !== undefined && isKnownToken(reading, literal)) {
    readExact(reading, literal);
    return false;
  }
  if (!reading.optionsEnded && leadingText(word.pieces).startsWith('-') && literal !== '-') {
    if (exact) refuse(reading, literal ?? leadingText(word.pieces));
    else if (leadingText(word.pieces).startsWith('--')) readLong(reading, word);
    else readCluster(reading, word);
    return false;
  }
  if (!reading.optionsEnded && leadingText(word.pieces).startsWith('+') && reading.shapes.some(({ plus }) => plus)) {
    if (literal === undefined || !isSwitch(reading, literal)) refuse(reading, literal ?? leadingText(word.pieces));
    else use(reading, literal);
    return false;
  }
  return readOperand(reading, word);
}

function readOperand(reading: Reading, word: Word): boolean {
  const shape = current(reading);
  if (shape.subcommands && reading.operands.length === 0) {
    const name = literalOf(word.pieces);
    const next = name === undefined ? undefined : findSubcommand(shape.subcommands, name);
    if (!next || name === undefined) {
      refuse(reading, name ?? '…');
      return false;
    }
    reading.path += ` ${name}`;
    reading.used.add(name);
    reading.shapes.push(next);
    return false;
  }
  if (shape.wraps && reading.operands.length === shape.wraps.before.length) {
    const rest = reading.words.slice(reading.index - 1);
    if (reading.words.some(({ handed }) => handed !== undefined)) fail(reading, notHanded(reading.program));
    checkOperands(reading, shape.wraps.before);
    if (reading.problems.length === 0) {
      const bounded = reading.context.bounded || shape.wraps.bounds;
      reading.problems.push(...reading.context.judgeInner(rest, { bounded, input: reading.context.input }));
    }
    return true;
  }
  reading.operands.push(word);
  if (shape.parsing === 'posix' || shape.parsing === 'leading') reading.optionsEnded = true;
  return false;
}

function findSubcommand(subcommands: Record<string, Shape>, name: string): Shape | undefined {
  for (const [names, shape] of Object.entries(subcommands)) if (names.split('|').includes(name)) return shape;
  return undefined;
}

function isKnownToken(reading: Reading, literal: string): boolean {
  return reading.shapes.some(
    (shape) =>
      shape.switches.includes(literal) || shape.endless.includes(literal) || Object.hasOwn(shape.options, literal),
  );
}

function readExact(reading: Reading, literal: string): undefined {
  use(reading, literal);
  const option = optionOf(reading, literal);
  if (option === undefined) return;
  if (isApart(option)) return checkFloating(reading, option);
  takeValue(reading, literal, option);
}

function readLong(reading: Reading, word: Word): undefined {
  const leading = leadingText(word.pieces);
  const equals = leading.indexOf('=');
  const name = equals < 0 ? leading : leading.slice(0, equals);
  const option = optionOf(reading, name);
  if (equals < 0) {
    if (literalOf(word.pieces) === undefined) return refuse(reading, name);
    if (option === undefined) {
      if (!isSwitch(reading, name)) return refuse(reading, name);
      return use(reading, name);
    }
    use(reading, name);
    if (isApart(option)) return checkFloating(reading, option);
    return takeValue(reading, name, option);
  }
  if (option === undefined) return refuse(reading, name);
  use(reading, name);
  check(reading, valueKindOf(option), withoutLeading(word.pieces, equals + 1));
}

function readCluster(reading: Reading, word: Word): undefined {
  const leading = leadingText(word.pieces);
  const literal = literalOf(word.pieces);
  if (literal !== undefined && /^-\d+$/.test(literal) && reading.shapes.some((shape) => shape.numericSwitch)) return;
  for (let at = 1; at < leading.length; at += 1) {
    const name = `-${leading.charAt(at)}`;
    const option = optionOf(reading, name);
    if (option === undefined) {
      if (!isSwitch(reading, name)) return refuse(reading, name);
      use(reading, name);
      continue;
    }
    use(reading, name);
    const attached = withoutLeading(word.pieces, at + 1);
    if (attached.length > 0) return check(reading, valueKindOf(option), attached);
    if (isApart(option)) return checkFloating(reading, option);
    return takeValue(reading, name, option);
  }
  if (literal === undefined) refuse(reading, leading);
}

type Option = Shape['options'][string];
/** One whose value need not follow. */
type Apart = Exclude<Option, Value>;

function isApart(option: Option): option is Apart {
  return typeof option === 'object' && ('optional' in option || 'floating' in option);
}

function valueKindOf(option: Option): Value {
  if (!isApart(option)) return option;
  return 'floating' in option ? option.floating : option.optional;
}

/** The next word may be the value. It is left where it is: it may be an operand as well. */
function checkFloating(reading: Reading, option: Apart): undefined {
  if (!('floating' in option)) return;
  const word = reading.words.slice(reading.index).find(({ absent }) => absent !== true);
  if (word?.handed !== undefined) return fail(reading, notHanded(reading.program));
  if (word !== undefined && !leadingText(word.pieces).startsWith('-')) check(reading, option.floating, word.pieces);
}

function takeValue(reading: Reading, name: string, value: Value): undefined {
  let word = reading.words[reading.index];
  const vanished = word?.absent === true;
  while (word?.absent) {
    reading.index += 1;
    word = reading.words[reading.index];
  }
  reading.index += 1;
  // An expansion came out empty and was the last: the program complains and does nothing.
  if (!word && vanished) return undefined;
  if (!word) return fail(reading, unknown(`${showText(`${reading.path} ${name}`)} lacks its value`));
  if (word.handed !== undefined) return checkGivenValue(reading, value, word);
  if (word.loose) return fail(reading, unknown(`a value of ${showText(reading.path)} is computed when it runs`));
  if (word.globbed && !staysHarmless(reading, word)) {
    return fail(reading, unknown(`a value of ${showText(reading.path)} may become several words: quote it`));
  }
  // Where another version of the program takes no value here, this would be an option.
  const literal = literalOf(word.pieces);
  const pattern = value === 'text' || value === 'awk' || value === 'sed' || value === 'count';
  // Where an expansion came out empty, the option swallows the next one, which then does nothing.
  if (vanished && literal !== undefined && isOptionLike(literal)) return undefined;
  const dashed = leadingText(word.pieces).startsWith('-') && literal !== '-';
  if (dashed && !isExact(reading) && !(literal !== undefined && /^-\d/.test(literal))) {
    if (!pattern || literal === undefined || isOptionLike(literal)) return refuse(reading, literal ?? name);
  }
  check(reading, value, word.pieces);
}

function isExact(reading: Reading): boolean {
  return reading.shapes.some(({ parsing }) => parsing === 'exact' || parsing === 'leading');
}

function isOptionLike(literal: string): boolean {
  return /^--?[A-Za-z]/.test(literal);
}

function checkOperands(reading: Reading, kinds: readonly Value[]): undefined {
  for (const [index, word] of reading.operands.entries()) {
    const kind = kinds[index];
    if (kind !== undefined) check(reading, kind, word.pieces);
  }
}

function checkWhole(reading: Reading): undefined {
  const shape = current(reading);
  for (const group of reading.shapes.flatMap(({ requires }) => requires)) {
    if (!group.some((name) => reading.used.has(name))) {
      const wanted = group.map((name) => showText(name)).join(' or ');
      return fail(reading, {
        kind: reading.program.otherwise,
        because: `${showText(reading.path)} is read-only with ${wanted} alone`,
      });
    }
  }
  if (shape.subcommands && !shape.bare) {
    return fail(reading, unknown(`${showText(reading.path)} without a sub-command is not in the read-only catalogue`));
  }
  if (shape.wraps && !shape.wraps.optional) {
    return fail(reading, unknown(`${showText(reading.path)} names no command to run`));
  }
  if (shape.operands?.formats && misfitsFormat(reading)) {
    return fail(
      reading,
      unknown(`${showText(reading.path)} is given something else than a number where its format has one`),
    );
  }
  const { first = [], rest, min = 0, minUnless = [], max, leading, sampling = false } = shape.operands ?? {};
  const others = restOf(reading, shape);
  const operands = [...reading.operands];
  if (leading && !leading.unless.some((name) => reading.used.has(name))) {
    const script = operands.shift();
    if (script?.handed !== undefined) return fail(reading, notHanded(reading.program));
    if (!script) return fail(reading, unknown(`${showText(reading.path)} lacks its first argument`));
    check(reading, leading.value, script.pieces);
    // Where several names fit, all but the first are operands.
    if (script.globbed && others !== undefined) check(reading, others, script.pieces);
  }
  // A word that may be absent is counted: without it the program complains, where with it it runs.
  const absent = reading.words.filter((word) => word.absent).length;
  if (operands.length + absent < min && !minUnless.some((name) => reading.used.has(name))) {
    return fail(
      reading,
      unknown(`${showText(reading.path)} lacks an argument, without which it may do something else`),
    );
  }
  if (max !== undefined && operands.some(({ globbed }) => globbed)) {
    return fail(reading, unknown(`an argument of ${showText(reading.path)} may become several words: quote it`));
  }
  if (max !== undefined && operands.length > max) return refuse(reading, literalOf(operands[max]?.pieces ?? []) ?? '…');
  if (takesNamesFromInput(reading, shape)) {
    return fail(reading, unknown(`${showText(reading.path)} opens what is named in its input`));
  }
  const numbers = operands.filter((word) => /^[\d.]+$/.test(literalOf(word.pieces) ?? ''));
  if (sampling && numbers.length === 1 && !reading.context.bounded) {
    return fail(reading, unknown(`${showText(reading.path)} with an interval and no count does not end by itself`));
  }
  const [interval = 0, ...counts] = numbers.map((word) => Number(literalOf(word.pieces)));
  if (sampling && counts.some((count) => interval * count > daySeconds) && !reading.context.bounded) {
    return fail(reading, unknown(`${showText(reading.path)} goes on for more than a day`));
  }
  // A whole directory is read, and none is named: it is the current one.
  if (operands.length === 0 && rest === 'content' && isDeep(reading)) check(reading, 'content', [textPiece('.')]);
  for (const [index, word] of operands.entries()) {
    const kind = first[index] ?? others;
    if (kind === undefined) return refuse(reading, literalOf(word.pieces) ?? '…');
    // The same word once more is the same path once more.
    if (word.handed !== undefined && word === operands[index - 1] && kind === (first[index - 1] ?? others)) continue;
    if (word.handed === undefined) check(reading, kind, word.pieces);
    else if (handedKinds[word.handed].some((fit) => fit === kind)) checkHanded(reading, kind, word);
    else fail(reading, notHanded(reading.program));
  }
}

function restOf({ used, operands }: Reading, { operands: described }: Shape): Value | undefined {
  const instead = described?.restWith.find(
    ({ switches, alone }) => switches.some((name) => used.has(name)) && !(alone && operands.length > 1),
  );
  return instead === undefined ? described?.rest : instead.value;
}

function takesNamesFromInput({ used, operands }: Reading, { operands: described }: Shape): boolean {
  if (described?.readsNames.some((name) => used.has(name)) !== true) return false;
  // A file that is found may hold lines that somebody else wrote.
  const texts = operands.map(({ pieces, handed }) => (handed === undefined ? literalOf(pieces) : undefined));
  return texts.length === 0 || texts.some((text) => text === undefined || text === '-' || text.startsWith('/dev/'));
}

/** What `find` has found is a path, and no option. */
function checkGivenValue(reading: Reading, value: Value, word: Word): undefined {
  if (word.handed === 'found' && value === 'certificate') return checkHanded(reading, value, word);
  fail(reading, notHanded(reading.program));
}

/** Where a word that another program puts there does no more than name something, or what it reads is known. */
const handedKinds = { found: ['name-of-file', 'content', 'compared'], input: ['name-of-file', 'text'] } as const;

function checkHanded(reading: Reading, kind: Value, { pieces, name }: Word): undefined {
  const opened =
    reading.program.opensNames || kind === 'certificate'
      ? checkPlace([...pieces, { kind: 'hole', of: 'any' }], reading.context.directories)
      : undefined;
  if (opened) fail(reading, opened);
  else check(reading, kind, pieces, { isFound: true, name });
}

function mayBeUnsafe(program: Program, { handed }: Word): boolean {
  if (handed === undefined) return false;
  return program.trustsFiles || (handed === 'input' && !program.safeSwitches);
}

function notHanded({ name }: Program): Problem {
  return unknown(`${showText(name)} is given words that are not known, and may do more with them than read`);
}

/** Some shells evaluate what a number is expected for, and `a[$(id)]` runs a program. */
function misfitsFormat({ operands: [format, ...values], words }: Reading): boolean {
  const numeric = numericPlaces(literalOf(format?.pieces ?? []) ?? '');
  if (!numeric.includes(true)) return false;
  // Without a word that may vanish, the others would move to other places.
  const isMoving = words.some(({ absent }) => absent === true);
  return values.some((word, index) => (isMoving || numeric[index % numeric.length] === true) && !isNumber(word.pieces));
}

function current(reading: Reading): Shape {
  return reading.shapes.at(-1) ?? reading.program;
}

function optionOf(reading: Reading, name: string): Option | undefined {
  return reading.shapes.findLast((shape) => Object.hasOwn(shape.options, name))?.options[name];
}

function isSwitch(reading: Reading, name: string): boolean {
  return reading.shapes.some(
    (shape) =>
      shape.switches.includes(name) ||
      shape.endless.includes(name) ||
      (name.length === 2 && shape.letters.includes(name.charAt(1))),
  );
}

function use(reading: Reading, name: string): undefined {
  reading.used.add(name);
  if (!reading.context.bounded && reading.shapes.some((shape) => shape.endless.includes(name))) {
    fail(reading, unknown(`${showText(`${reading.path} ${name}`)} does not end by itself`));
  }
}

function check(
  reading: Reading,
  value: Value,
  pieces: readonly Piece[],
  { isFound, name }: { isFound: boolean; name: string | undefined } = { isFound: false, name: includedName(reading) },
): undefined {
  const { directories } = reading.context;
  // A directory of such a name may be found as well, and then what is in it is read.
  const isNarrow = value !== 'compared' && !(isFound && isDeep(reading));
  const place: ValuePlace = { directories, deep: isFound || isDeep(reading), name: isNarrow ? name : undefined };
  const problem = checkValue(value, pieces, place) ?? checkOpened(reading, value, pieces);
  if (!problem) return;
  // Of a use that changes something it is known what it changes, although not all of it is understood.
  const changes = reading.shapes.findLast(({ does }) => does !== undefined)?.does?.[0];
  const kind = problem.kind === 'unknown' ? (changes ?? 'unknown') : problem.kind;
  fail(reading, { kind, because: `${showText(reading.path)}: ${problem.because}` });
}

/** Behind another option that leaves out files, it would take in all the others. */
function includedName({ shapes, words, used }: Reading): string | undefined {
  const option = shapes.findLast(({ includes }) => includes !== undefined)?.includes;
  // Behind `--` such a word is a pattern.
  const isEnded = words.some((word) => literalOf(word.pieces) === '--');
  if (option === undefined || isEnded || !used.has(option.only) || used.has(option.not)) return undefined;
  const given = words.filter(({ pieces }) => leadingText(pieces).startsWith(`${option.only}=`));
  const [pattern, ...others] = given.map(({ pieces }) =>
    withoutLeading(pieces, option.only.length + 1)
      .map((piece) => (piece.kind === 'text' ? piece.text : '*'))
      .join(''),
  );
  return pattern === undefined || others.length > 0 || words.some((word) => literalOf(word.pieces) === option.only)
    ? undefined
    : asName(pattern);
}

/** It looks at what stands in /dev without opening it. */
function checkOpened({ program, context }: Reading, value: Value, pieces: readonly Piece[]): Problem | undefined {
  if (!program.opensNames || value !== 'name-of-file' || leadingText(pieces).startsWith('/dev/')) return undefined;
  return checkPlace(pieces, context.directories);
}

function isDeep(reading: Reading): boolean {
  return reading.shapes.some((shape) => shape.deep.some((name) => reading.used.has(name)));
}

/** What fits beside the first name is nothing that `find` knows, so it gives up before it begins. */
function staysHarmless(reading: Reading, { pieces }: Word): boolean {
  if (!reading.shapes.some(({ execs }) => execs.length > 0)) return false;
  return (
    /^[A-Za-z0-9_]/.test(leadingText(pieces)) ||
    pieces.some((piece) => piece.kind === 'text' && /[.:@%=~]/.test(piece.text))
  );
}

function isSafeGlob(reading: Reading, word: Word): boolean {
  const [first] = word.pieces;
  return reading.program.safeSwitches && first?.kind === 'hole' && first.of === 'glob';
}

/** The argument is not in the catalogue, or is there as one that does more than read. */
function refuse(reading: Reading, argument: string): undefined {
  for (const shape of reading.shapes) {
    const known = shape.refused[argument] ?? shape.refused[argument.slice(0, 2)];
    if (known)
      return fail(reading, { kind: known[0], because: `${showText(`${reading.path} ${argument}`)} ${known[1]}` });
  }
  fail(reading, {
    kind: reading.program.otherwise,
    because: `${showText(`${reading.path} ${argument}`)} is not in the read-only catalogue`,
  });
}

function fail(reading: Reading, problem: Problem): undefined {
  reading.problems.push(problem);
}
