// Which nodes have more work than processors. Pure.
import type { Sighting } from '../analysis/group-sightings.ts';
import { firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { writeFaultReport } from '../analysis/write-report.ts';
import type { NodeObservation, Runbook, StepResult } from '../runbook.ts';

/** Runnable or waiting for a disk, for each processor, averaged over five minutes. */
const warnPerCore = 1;
const criticalPerCore = 2;

interface Load {
  fiveMinutes: number;
  cores: number;
}

export const load: Runbook = {
  slug: 'load',
  title: 'Load',
  description:
    'Compares the load average of five minutes with the number of processors, and names nodes with more work than processors.',
  questions: [
    'Which nodes have a high load?',
    'What is the load average?',
    'Which servers are overloaded?',
    'Which hosts are the busiest?',
    'How busy are the nodes?',
    'Do we need more capacity?',
  ],
  keywords: 'load average loadavg overloaded overload busy busiest high queue capacity saturated saturation',
  commands: [
    {
      step: 'load',
      title: 'Load averages and number of processors',
      command: 'cat /proc/loadavg && nproc',
      comparesNodes: true,
    },
  ],
  analyse(observations) {
    const answers = readAnswers(observations, 'load', readLoad);
    const sightings = answers.answers.flatMap(({ node, executionId, value }): Sighting[] => {
      const perCore = value.fiveMinutes / value.cores;
      if (perCore < warnPerCore) return [];
      return [
        {
          node,
          executionIds: [executionId],
          severity: perCore >= criticalPerCore ? 'critical' : 'warning',
          weight: perCore,
          claim: `${node.name} has a load of ${value.fiveMinutes} for its ${value.cores} ${value.cores === 1 ? 'processor' : 'processors'}`,
          key: 'load',
          shared: 'The load is higher than the number of processors',
        },
      ];
    });
    const busiest = [...answers.answers].sort(
      (a, b) => b.value.fiveMinutes / b.value.cores - a.value.fiveMinutes / a.value.cores,
    )[0];
    return writeFaultReport({
      answers,
      sightings,
      fault: 'the load is higher than the number of processors',
      inBrackets: (own) => own.map((sighting) => `${sighting.weight.toFixed(1)} a processor`).join(', '),
      healthy: (scope) =>
        `The load is below the number of processors on ${scope.replace(/^any of/, 'all of')}${
          busiest
            ? answers.asked > 1
              ? `; the highest is ${busiest.value.fiveMinutes} for ${busiest.value.cores} processors on ${busiest.node.name}`
              : `: ${busiest.value.fiveMinutes} for ${busiest.value.cores}`
            : ''
        }`,
    });
  },
};

/** By node, peers included: what a load is judged against where many nodes have one. */
export function readLoadPerCore(observations: readonly NodeObservation[]): Map<string, number> {
  const { answers, peers } = readAnswers(observations, 'load', readLoad);
  return new Map([...answers, ...peers].map(({ node, value }) => [node.id, value.fiveMinutes / value.cores]));
}

function readLoad(result: StepResult): Reading<Load> {
  const match = /^[\d.]+ ([\d.]+) [\d.]+ \S+ \d+\s+(\d+)\s*$/.exec(result.stdout);
  const cores = Number(match?.[2]);
  return match && cores > 0
    ? { kind: 'read', value: { fiveMinutes: Number(match[1]), cores } }
    : {
        kind: 'unreadable',
        why: `did not tell its load (${firstLine(result.stderr) || firstLine(result.stdout) || 'no output'})`,
      };
}
