// Which disks are full, or about to be. Pure.
import { formatKibOf } from '../analysis/format-amount.ts';
import type { Sighting } from '../analysis/group-sightings.ts';
import { readAnswers } from '../analysis/read-answers.ts';
import { dfExitCodes, readDf } from '../analysis/read-df.ts';
import { writeFaultReport } from '../analysis/write-report.ts';
import type { Runbook } from '../runbook.ts';

const warnPercent = 90;
const criticalPercent = 95;

export const diskSpace: Runbook = {
  slug: 'disk-space',
  title: 'Disk space',
  description: 'Looks at how full each file system is and names those that are at least 90% full.',
  questions: [
    'Which disks are full?',
    'Is anything about to run out of space?',
    'Which nodes are low on disk space?',
    'How full is the disk of web-07?',
    'No space left on device',
    'Are there any full file systems or partitions?',
    'How much free storage is left?',
  ],
  keywords:
    'disk disks space full storage capacity df filesystem file system volume partition mount fill filled filling left usage used gigabytes ENOSPC writes fail write failed quota running out',
  commands: [{ step: 'disk-space', title: 'File systems and how full they are', command: 'df -P -k' }],
  analyse(observations) {
    const answers = readAnswers(observations, 'disk-space', readDf, { exitCodes: dfExitCodes });
    const sightings = answers.answers.flatMap(({ node, executionId, value }) =>
      value
        .filter((row) => row.percent >= warnPercent)
        .map(
          (row): Sighting => ({
            node,
            executionIds: [executionId],
            severity: row.percent >= criticalPercent ? 'critical' : 'warning',
            weight: row.percent,
            claim: `${row.mountPoint} on ${node.name} is ${row.percent}% full (${formatKibOf(row.used, row.total)})`,
            key: row.mountPoint,
            shared: `${row.mountPoint} is at least ${warnPercent}% full`,
          }),
        ),
    );
    const fullest = answers.answers
      .flatMap(({ node, value }) => value.map((row) => ({ node, row })))
      .sort((a, b) => b.row.percent - a.row.percent)[0];
    return writeFaultReport({
      answers,
      sightings,
      fault: `a file system is at least ${warnPercent}% full`,
      inBrackets: (own) => own.map((sighting) => `${sighting.key} ${sighting.weight}%`).join(', '),
      healthy: (scope) =>
        `No file system is ${warnPercent}% full on ${scope}${
          fullest
            ? `; the fullest is ${fullest.row.mountPoint}${answers.asked > 1 ? ` on ${fullest.node.name}` : ''} with ${fullest.row.percent}%`
            : ''
        }`,
    });
  },
};
