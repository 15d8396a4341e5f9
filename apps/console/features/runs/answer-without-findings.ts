// What an answer says and its findings say again, said once: a finding that the answer lists is shown with what it rests on, not in the list
// too; one that is the answer's own sentence is not spelled out a second time. Only what is the same word by word. Pure.
import type { Finding } from '@sena/contracts/domain/run';

const listed = /^\s*[-*•]\s+(?:Critical: )?(.*?)\.?\s*$/;

/** Without the lines of a list that are findings. */
export function answerWithoutFindings(answer: string, findings: ReadonlyArray<Pick<Finding, 'claim'>>): string {
  const claims = new Set(findings.map(({ claim }) => bare(claim)));
  return answer
    .split('\n')
    .filter((line) => !claims.has(listed.exec(line)?.[1] ?? ''))
    .join('\n');
}

/** As a sentence of its own, outside of a list. */
export function isSaidInAnswer(answer: string | null, claim: string): boolean {
  const lines = (answer ?? '').split('\n').filter((line) => !listed.test(line));
  return lines.some((line) => ` ${line} `.includes(` ${bare(claim)}. `));
}

function bare(claim: string): string {
  return claim.trim().replace(/\.$/, '');
}
