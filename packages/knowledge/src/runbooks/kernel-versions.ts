// Which kernels the fleet runs. Pure.
import { firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { groupByValue, writeInventoryReport } from '../analysis/write-report.ts';
import type { Runbook, StepResult } from '../runbook.ts';

export const kernelVersions: Runbook = {
  slug: 'kernel-versions',
  title: 'Kernels',
  description: 'Lists which kernel release and architecture each node runs.',
  questions: [
    'Which kernels are running?',
    'What kernel version is on each node?',
    'Which nodes run an old kernel?',
    'Kernel inventory',
    'Which architectures do we have, arm64 or x86_64?',
  ],
  keywords: 'kernel kernels linux uname version release inventory architecture arch arm64 aarch64 x86_64 amd64 running',
  commands: [{ step: 'kernel', title: 'Kernel release and architecture', command: 'uname -s -r -m' }],
  analyse(observations) {
    const answers = readAnswers(observations, 'kernel', readKernel);
    return writeInventoryReport({ answers, groups: groupByValue(answers, (value) => value), verb: 'run' });
  },
};

function readKernel(result: StepResult): Reading<string> {
  const match = /^(\S+) (\S+) (\S+)$/.exec(result.stdout.trim());
  return match
    ? { kind: 'read', value: `${match[1]} ${match[2]} (${match[3]})` }
    : {
        kind: 'unreadable',
        why: `did not tell its kernel (${firstLine(result.stderr) || firstLine(result.stdout) || 'no output'})`,
      };
}
