// What an answer lists, or says as a whole, and its findings say again, said once: with the finding, which has what it rests on. Only what is
// the same word by word; a sentence within the answer stays, and so does its finding. Pure.
import type { Finding } from '@sena/contracts/domain/run';

const listed = /^\s*[-*•]\s+(?:Critical: )?(.*?)\.?\s*$/;

/** Without the lines of a list that are findings; empty, where it is one finding and no more. */
export function answerWithoutFindings(answer: string, findings: ReadonlyArray<Pick<Finding, 'claim'>>): string {
  const claims = new Set(findings.map(({ claim }) => bare(claim)));
  if (claims.has(bare(answer))) return '';
  return answer
    .split('\n')
    .filter((line) => !claims.has(listed.exec(line)?.[1] ?? ''))
    .join('\n');
}

function bare(claim: string): string {
  return claim.trim().replace(/\.$/, '');
}
