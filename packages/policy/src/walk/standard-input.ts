// Entered from judge-command: what the program will find on its standard input, as far as the text tells. Pure.
import { plainText, writtenText } from '../reading/token.ts';
import type { CommandRun } from './command-run.ts';
import type { OutputKind } from './judge.ts';
import { outputOf } from './output-of.ts';

export interface StandardInput {
  /** The words, when they are all written out. Nothing at all is an empty text. */
  written: string | undefined;
  /** What its lines can be. */
  output: OutputKind;
}

export const unknownInput: Readonly<StandardInput> = { written: undefined, output: 'any' };

export function standardInputOf({ redirections, piped }: CommandRun): StandardInput {
  const [read, ...others] = redirections.filter(({ operator }) => operator.text.startsWith('<'));
  if (read !== undefined) {
    const isNothing = others.length === 0 && read.operator.text === '<' && plainText(read.target) === '/dev/null';
    return isNothing ? { written: '', output: 'any' } : unknownInput;
  }
  if (piped === undefined) return unknownInput;
  return { written: echoed(piped), output: outputOf(piped) };
}

/** Letters, digits and blanks, which every `echo` writes as they are. */
function echoed(piped: NonNullable<CommandRun['piped']>): string | undefined {
  const [name, ...words] = piped.map((token) => (token.kind === 'word' ? writtenText(token) : undefined));
  const texts = words.filter((word) => word !== undefined);
  const isPlain =
    name === 'echo' && texts.length === words.length && texts.every((text) => /^[A-Za-z0-9 ]*$/.test(text));
  return isPlain ? texts.join(' ') : undefined;
}
