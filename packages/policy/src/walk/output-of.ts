// Entered from walk-substitution with the tokens of a `$( … )`, and from judge-command with those whose output is piped to a program. Says what the
// output can be. Pure.
import { type Token, type WordToken, writtenText } from '../reading/token.ts';
import type { OutputKind } from './judge.ts';
import { lookUp } from './look-up.ts';

/** Programs through which lines pass unchanged, with the arguments that keep them so: another one could name a file. */
const passing: Readonly<Record<string, RegExp>> = {
  ...{ head: /^(?:-n ?[0-9]+|-[0-9]+)?$/, tail: /^(?:-n ?[0-9]+|-[0-9]+)?$/ },
  ...{ sort: /^(?:-[nruV]{1,3})?$/, uniq: /^$/, tac: /^$/ },
};

/** Known for one program, or one followed by programs that pass its lines on. */
export function outputOf(tokens: readonly Token[]): OutputKind {
  const stages: WordToken[][] = [[]];
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'operator' && token.text === '|') stages.push([]);
    else if (token.kind === 'word') {
      // The target of a redirection is no argument of the program.
      if (tokens[index - 1]?.kind !== 'redirect') stages.at(-1)?.push(token);
    }
    // Complaints among its output hold words that somebody chose, and behind a pipe a file would take the place of what is piped.
    else if (token.kind !== 'redirect' || token.text.endsWith('&') || (token.text === '<' && stages.length > 1))
      return 'any';
  }
  const [first = [], ...others] = stages.map((words) => words.map((word) => writtenText(word) ?? '\0'));
  let cut = false;
  if (onlyDigits.test(others.at(-1)?.join(' ') ?? '')) return 'digits';
  for (const [name, ...rest] of others) {
    if (name === 'cut' && /^-d (?: |$)? ?-f *[1-9]$/.test(rest.join(' '))) {
      cut = true;
      continue;
    }
    if (name === undefined || !Object.hasOwn(passing, name) || passing[name]?.test(rest.join(' ')) !== true)
      return 'any';
  }
  const [name, ...words] = first;
  const output = name === undefined ? undefined : lookUp(name)?.output;
  if (!output) return 'any';
  const dashed = words.filter((word) => word.startsWith('-'));
  if (words.includes('\0') || dashed.some((word) => !output.switches.includes(word))) return 'any';
  const operands = words.filter((word) => !word.startsWith('-'));
  if (output.needs && !neededOf(words, output.format).some((word) => output.needs?.includes(word))) return 'any';
  if (output.of && !operands.every((word) => output.of?.includes(word))) return 'any';
  if (output.alone && words.length > dashed.length) return 'any';
  // Asked for two things it tells two, and blanks part them.
  const asked = operands.length - (output.format === undefined ? 0 : 1);
  if (!severalKinds.has(output.kind) && (dashed.length > 1 || asked > 1)) return 'any';
  // A number cut out of numbers is one. Of anything else it may be any part.
  return cut && output.kind !== 'many-digits' ? 'any' : output.kind;
}

const severalKinds: ReadonlySet<OutputKind> = new Set<OutputKind>(['many-digits', 'many-tokens']);

/** An operand may look like the format. */
function neededOf(words: readonly string[], format: string | undefined): readonly string[] {
  if (format === undefined) return words;
  const at = words.indexOf(format);
  return at < 0 || words.includes(format, at + 1) ? [] : words.slice(at + 1, at + 2);
}

/** `… | tr -dc 0-9`: whatever came in, digits come out. */
const onlyDigits = /^tr -(?:dc|cd) (?:0-9|\[:digit:\])$/;
