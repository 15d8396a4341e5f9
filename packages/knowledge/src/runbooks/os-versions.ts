// Which operating systems the fleet runs. Pure.
import { firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { groupByValue, writeInventoryReport } from '../analysis/write-report.ts';
import type { Runbook, StepResult } from '../runbook.ts';

export const osVersions: Runbook = {
  slug: 'os-versions',
  title: 'Operating systems',
  description: 'Lists which distribution and release each node runs.',
  questions: [
    'Which operating systems do we run?',
    'What OS version is on each node?',
    'Which nodes still run Debian 11?',
    'How many Ubuntu servers do we have?',
    'Which distributions are there?',
  ],
  keywords:
    'os operating system distribution distro release version debian ubuntu centos rhel red hat rocky alma fedora suse alpine linux bookworm bullseye trixie buster jammy noble focal end of life eol',
  commands: [{ step: 'os-release', title: 'Distribution and release', command: 'cat /etc/os-release' }],
  analyse(observations) {
    const answers = readAnswers(observations, 'os-release', readRelease);
    return writeInventoryReport({ answers, groups: groupByValue(answers, (value) => value), verb: 'run' });
  },
};

function readRelease(result: StepResult): Reading<string> {
  const fields = new Map(
    result.stdout.split('\n').flatMap((line): Array<[string, string]> => {
      const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
      return match ? [[match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '']] : [];
    }),
  );
  const name = fields.get('PRETTY_NAME') ?? [fields.get('NAME'), fields.get('VERSION')].filter(Boolean).join(' ');
  return name === ''
    ? { kind: 'unreadable', why: `has no readable /etc/os-release (${firstLine(result.stderr) || 'no name in it'})` }
    : { kind: 'read', value: name };
}
