// Entered from judge-command and, for wrappers, from itself. Looks the program up and has its arguments checked.
import { checkArguments } from '../arguments/check-arguments.ts';
import { findChanging, findProgram } from '../catalogue/find-program.ts';
import { type Problem, unknown } from '../explain/finding.ts';
import { namesMetadata } from '../secrets/names-metadata.ts';
import { showText } from '../text/show-text.ts';
import { literalOf, type Word } from '../words/piece.ts';
import { programName } from './look-up.ts';
import { type StandardInput, unknownInput } from './standard-input.ts';

const wrappersMax = 4;

/** `words` begins with the program's name, which the caller knows to be written out plainly. */
export function judgeProgram(
  words: readonly Word[],
  directories: readonly string[],
  input: StandardInput = unknownInput,
  bounded = false,
  depth = 0,
): Problem[] {
  const [name, ...rest] = words.slice(words.findIndex((word) => !word.absent));
  const written = name && !name.loose ? literalOf(name.pieces) : undefined;
  if (written === undefined) return [unknown('the name of the program is computed when it runs')];
  if (depth > wrappersMax) return [unknown('too many programs run one another')];
  const program = findProgram(programName(written));
  if (!program) return [notInCatalogue(written, rest)];
  const problems = checkArguments(program, rest, {
    directories,
    input,
    bounded,
    judgeInner: (inner, given) => judgeProgram(inner, directories, given.input, given.bounded, depth + 1),
  });
  const isUnderstood = problems.every(({ call }) => call?.understood === true);
  // Known for its version alone, or for some uses: what it is known for otherwise says more, unless it would tell a secret.
  if (!isUnderstood && findChanging(program.name)) {
    return [...problems.filter(({ kind }) => kind === 'reads_secret'), notInCatalogue(written, rest)];
  }
  return problems.map((problem) => ({
    ...problem,
    call: problem.call ?? { understood: false, program: program.name },
  }));
}

function notInCatalogue(written: string, rest: readonly Word[]): Problem {
  const shown = showText(written);
  const changing = findChanging(programName(written));
  const call = { understood: false, program: programName(written) };
  if (!changing) return unknown(`${shown} is not in the read-only catalogue: it may write`);
  if (changing.effect === 'network' && rest.some((word) => namesMetadata(literalOf(word.pieces) ?? ''))) {
    return {
      kind: 'reads_secret',
      call,
      because: `${shown} asks the cloud's metadata service, which hands out credentials`,
    };
  }
  return { kind: changing.effect, call, because: `${shown} ${changing.because}` };
}
