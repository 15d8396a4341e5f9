// Entered from judge-command: what the program will find on its standard input, as far as the text tells. Pure.
import { nameOfFound } from '../arguments/narrowing-name.ts';
import { plainText, type Token, writtenText } from '../reading/token.ts';
import type { CommandRun } from './command-run.ts';
import type { OutputKind } from './judge.ts';
import { outputOf } from './output-of.ts';

export interface Found {
  start: string;
  /** What its last name fits. */
  name: string | undefined;
}

export interface StandardInput {
  /** The words, when they are all written out. Nothing at all is an empty text. */
  written: string | undefined;
  /** What its lines can be. */
  output: OutputKind;
  /** It is paths below these, each ended by a zero byte. */
  found: readonly Found[];
}

export const unknownInput: Readonly<StandardInput> = { written: undefined, output: 'any', found: [] };

export function standardInputOf({ redirections, piped }: CommandRun): StandardInput {
  const [read, ...others] = redirections.filter(isOfInput);
  if (read !== undefined) {
    const isNothing = others.length === 0 && read.operator.text === '<' && plainText(read.target) === '/dev/null';
    return isNothing ? { ...unknownInput, written: '' } : unknownInput;
  }
  if (piped === undefined) return unknownInput;
  return { written: echoed(piped), output: outputOf(piped), found: foundBelow(piped) };
}

/** `2</dev/null` leaves what is piped where it is, and `0>&2` takes its place. */
function isOfInput({ operator }: CommandRun['redirections'][number]): boolean {
  return operator.descriptor === '0' || (operator.descriptor === undefined && operator.text.startsWith('<'));
}

/** Letters, digits and blanks, which every `echo` writes as they are. */
function echoed(piped: NonNullable<CommandRun['piped']>): string | undefined {
  const [name, ...words] = piped.map((token) => (token.kind === 'word' ? writtenText(token) : undefined));
  const texts = words.filter((word) => word !== undefined);
  const isPlain =
    name === 'echo' && texts.length === words.length && texts.every((text) => /^[A-Za-z0-9 ]*$/.test(text));
  return isPlain ? texts.join(' ') : undefined;
}

/** Actions that write something else, and options that lead elsewhere. */
const notOnlyPaths = new Set('-print -printf -ls -exec -execdir -ok -okdir -follow'.split(' '));

/** The places that `find … -print0` searches. */
function foundBelow(piped: readonly Token[]): readonly Found[] {
  const [program, ...words] = withoutComplaints(piped).map((token) =>
    token.kind === 'word' ? writtenText(token) : undefined,
  );
  const texts = words.filter((word) => word !== undefined);
  // An earlier one would write what is not narrowed yet.
  const isLast = texts.indexOf('-print0') === texts.length - 1;
  const isFind = program === 'find' && texts.length === words.length && isLast && texts.length > 0;
  if (!isFind || texts.some((text) => notOnlyPaths.has(text))) return [];
  const end = texts.findIndex((text) => !text.startsWith('/'));
  const name = nameOfFound(texts, texts);
  return texts.slice(0, end).map((start) => ({ start, name }));
}

/** `2>…` goes into no pipe. */
function withoutComplaints(tokens: readonly Token[]): readonly Token[] {
  const isOne = (token: Token | undefined) =>
    token?.kind === 'redirect' && token.text === '>' && token.descriptor === '2';
  return tokens.filter((token, index) => !isOne(token) && !isOne(tokens[index - 1]));
}
