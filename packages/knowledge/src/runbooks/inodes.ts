// Which file systems have no inodes left: writes fail there though df shows free space. Pure.
import type { Sighting } from '../analysis/group-sightings.ts';
import { readAnswers } from '../analysis/read-answers.ts';
import { dfExitCodes, readDf } from '../analysis/read-df.ts';
import { writeFaultReport } from '../analysis/write-report.ts';
import type { Runbook } from '../runbook.ts';

const warnPercent = 90;
const criticalPercent = 95;

export const inodes: Runbook = {
  slug: 'inodes',
  title: 'Inodes',
  description:
    'Looks at how many inodes of each file system are used and names those with at least 90%: too many small files.',
  questions: [
    'Which nodes have run out of inodes?',
    'Why can no file be created though there is free space?',
    'Are there too many small files anywhere?',
    'What is the inode usage?',
  ],
  keywords: 'inode inodes iuse ifree small tiny files too many files exhausted create file usage',
  commands: [{ step: 'inodes', title: 'File systems and how many of their inodes are used', command: 'df -P -i' }],
  analyse(observations) {
    const answers = readAnswers(observations, 'inodes', readDf, { exitCodes: dfExitCodes });
    const sightings = answers.answers.flatMap(({ node, executionId, value }) =>
      value
        .filter((row) => row.percent >= warnPercent)
        .map(
          (row): Sighting => ({
            node,
            executionIds: [executionId],
            severity: row.percent >= criticalPercent ? 'critical' : 'warning',
            weight: row.percent,
            claim: `${row.mountPoint} on ${node.name} has used ${row.percent}% of its inodes (${thousands(row.used)} of ${thousands(row.total)})`,
            key: row.mountPoint,
            shared: `${row.mountPoint} has used at least ${warnPercent}% of its inodes`,
          }),
        ),
    );
    return writeFaultReport({
      answers,
      sightings,
      fault: `a file system has used at least ${warnPercent}% of its inodes`,
      inBrackets: (own) => own.map((sighting) => `${sighting.key} ${sighting.weight}%`).join(', '),
      healthy: (scope) => `No file system has used ${warnPercent}% of its inodes on ${scope}`,
    });
  },
};

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
