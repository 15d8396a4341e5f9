// What an answer lists and its findings say again, said once: with the finding, which has what it rests on. Only what is the same word by
// word; a sentence of the answer stays, and so does its finding. Pure.
import type { Finding } from '@sena/contracts/domain/run';

const listed = /^\s*[-*•]\s+(?:Critical: )?(.*?)\.?\s*$/;

/** Without the lines of a list that are findings. */
export function answerWithoutFindings(answer: string, findings: ReadonlyArray<Pick<Finding, 'claim'>>): string {
  const claims = new Set(findings.map(({ claim }) => claim.trim().replace(/\.$/, '')));
  return answer
    .split('\n')
    .filter((line) => !claims.has(listed.exec(line)?.[1] ?? ''))
    .join('\n');
}
