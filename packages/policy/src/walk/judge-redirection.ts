// Entered from judge-command and the statement walk for every redirection. Only /dev/null and the streams may be
// written; a file may be read when it holds no secret.
import { type Problem, unknown } from '../explain/finding.ts';
import { checkPath } from '../secrets/check-path.ts';
import { expandWord } from '../words/expand-word.ts';
import { literalOf, type Word } from '../words/piece.ts';
import type { CommandRun } from './command-run.ts';
import { type Judge, report } from './judge.ts';

export function judgeRedirection(judge: Judge, redirection: CommandRun['redirections'][number]): undefined {
  const { operator, target } = redirection;
  const place = { start: operator.start, end: target?.end ?? operator.end };
  if (!target) return report(judge, place, unknown('a redirection names no target'));
  if (operator.descriptor !== undefined && !/^[012]$/.test(operator.descriptor)) {
    return report(judge, place, unknown('it uses a file descriptor of its own'));
  }
  for (const words of expandWord(judge, target)) {
    const problem = checkTarget(judge, operator.text, words);
    if (problem) report(judge, place, problem);
  }
}

function checkTarget(judge: Judge, operator: string, words: readonly Word[]): Problem | undefined {
  const [word, ...more] = words;
  if (!word || word.loose || word.absent || more.length > 0)
    return unknown('the target of a redirection is computed when it runs');
  const literal = literalOf(word.pieces);
  switch (operator) {
    case '>&':
    case '<&':
      return literal === '1' || literal === '2'
        ? undefined
        : unknown('it redirects to something other than its own streams');
    case '<':
      // Globs are taken as they stand by some shells.
      if (word.globbed) {
        return unknown('the target of a redirection is computed when it runs');
      }
      return checkPath(word.pieces, { directories: judge.directories, deep: false });
    default:
      return literal === '/dev/null' ? undefined : { kind: 'writes', because: 'a redirection writes a file' };
  }
}
