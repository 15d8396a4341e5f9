// Which processes take the processor: over their whole life (ps) and at this moment (top). Pure.
import { formatSeconds } from '../analysis/format-amount.ts';
import type { Sighting } from '../analysis/group-sightings.ts';
import { firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { writeFaultReport } from '../analysis/write-report.ts';
import type { Runbook, StepResult } from '../runbook.ts';

// A share of one core, as ps and top count it: four busy threads are 400%.
const lifetimePercent = 15;
/** Below a whole core's worth of work it also has to stand out: this many times what any other program takes on its node. */
const standOutFactor = 4;
/** The same program elsewhere at a third of it or more: that is what this fleet does for a living. */
const peerFactor = 3;
const nowPercent = 50;
const criticalPercent = 80;
/** Below these a share says nothing: a login that lived for 50 ms shows as 90%. */
const cpuSecondsMin = 1;
const elapsedSecondsMin = 4;

interface Process {
  pid: number;
  user: string;
  program: string;
  percent: number;
  cpuSeconds: number;
  elapsedSeconds: number;
}

export const cpuHogs: Runbook = {
  slug: 'cpu-hogs',
  title: 'CPU hogs',
  description:
    'Names the processes that have taken at least 15% of a core on average since they started and far more than anything else on their node, or at least half a core during the last second; not what the same program takes on other nodes too.',
  questions: [
    'What is using the CPU?',
    'Which processes are burning CPU?',
    'Is there a runaway process?',
    'Which node has high CPU usage?',
    'What is eating all the processors?',
    'Top processes by CPU',
  ],
  keywords:
    'cpu processor core cores hog hogs busy burning eating consuming runaway spinning pegged hot top process processes usage utilization compute 100%',
  commands: [
    {
      step: 'cpu-lifetime',
      title: 'Processes by their average CPU share since they started',
      command: 'ps -eo pid,user,pcpu,cputimes,etimes,comm --sort=-pcpu | head -n 20',
      comparesNodes: true,
    },
    { step: 'cpu-now', title: 'Processes that are busy at this moment', command: 'top -b -i -n 2 -d 1' },
  ],
  analyse(observations) {
    const answers = readAnswers(observations, 'cpu-lifetime', readProcesses);
    // Not every top can do this (busybox), so without it the report rests on the averages alone.
    const moments = readAnswers(observations, 'cpu-now', readTop);
    const now = new Map(moments.answers.map((answer) => [answer.node.id, answer]));
    const averageLeaders = leadersOf(
      [...answers.answers, ...answers.peers].map(({ node, value }) => ({ node, value: value.filter(isOldEnough) })),
    );
    const momentLeaders = leadersOf([...moments.answers, ...moments.peers]);
    const sightings = answers.answers.flatMap(({ node, executionId, value }) => {
      const moment = now.get(node.id);
      const found: Sighting[] = [];
      const seen = new Set<number>();
      for (const process of value) {
        if (!isOldEnough(process) || process.percent < lifetimePercent) continue;
        const others = value.filter((other) => other.program !== process.program && isOldEnough(other));
        const next = Math.max(0, ...others.map((other) => other.percent));
        if (process.percent < criticalPercent && process.percent < standOutFactor * next) continue;
        if (isUsual(process, node.id, averageLeaders)) continue;
        seen.add(process.pid);
        found.push({
          node,
          executionIds: [executionId],
          severity: process.percent >= criticalPercent ? 'critical' : 'warning',
          weight: process.percent,
          claim: `${process.program} (pid ${process.pid}, ${process.user}) on ${node.name} has taken ${process.percent}% of a core on average since it started ${formatSeconds(process.elapsedSeconds)} ago`,
          key: `average ${process.program}`,
          shared: `${process.program} has taken at least ${lifetimePercent}% of a core on average since it started`,
        });
      }
      for (const process of moment?.value ?? []) {
        if (process.percent < nowPercent || seen.has(process.pid) || process.program === 'top') continue;
        if (isUsual(process, node.id, momentLeaders)) continue;
        found.push({
          node,
          executionIds: [executionId, ...(moment ? [moment.executionId] : [])],
          severity: process.percent >= criticalPercent ? 'critical' : 'warning',
          weight: process.percent,
          claim: `${process.program} (pid ${process.pid}, ${process.user}) on ${node.name} is taking ${process.percent}% of a core at this moment`,
          key: `now ${process.program}`,
          shared: `${process.program} is taking at least ${nowPercent}% of a core at this moment`,
        });
      }
      return found;
    });
    return writeFaultReport({
      answers,
      sightings,
      fault: 'a process takes much of the CPU',
      inBrackets: (own) =>
        own
          .slice(0, 2)
          .map((sighting) => `${sighting.key.replace(/^(average|now) /, '')} ${sighting.weight}% of a core`)
          .join(', '),
      healthy: (scope) =>
        `No process on ${scope} stands out by the CPU it has taken on average${
          now.size === answers.answers.length ? ', or takes at this moment' : ''
        }`,
    });
  },
};

function isOldEnough(process: Process): boolean {
  return process.cpuSeconds >= cpuSecondsMin && process.elapsedSeconds >= elapsedSecondsMin;
}

type Share = Pick<Process, 'program' | 'percent'>;
type Leader = { nodeId: string; percent: number };

/** Of each program the two nodes where one process of it takes most: enough to know what it takes elsewhere. */
function leadersOf(answers: ReadonlyArray<{ node: { id: string }; value: readonly Share[] }>): Map<string, Leader[]> {
  const leaders = new Map<string, Leader[]>();
  for (const { node, value } of answers) {
    const here = new Map<string, number>();
    for (const { program, percent } of value) here.set(program, Math.max(percent, here.get(program) ?? 0));
    for (const [program, percent] of here) {
      const both = [...(leaders.get(program) ?? []), { nodeId: node.id, percent }];
      leaders.set(program, both.sort((a, b) => b.percent - a.percent).slice(0, 2));
    }
  }
  return leaders;
}

function isUsual(process: Share, nodeId: string, leaders: Map<string, Leader[]>): boolean {
  const elsewhere = leaders.get(process.program)?.find((leader) => leader.nodeId !== nodeId);
  return elsewhere !== undefined && elsewhere.percent * peerFactor >= process.percent;
}

function readProcesses(result: StepResult): Reading<Process[]> {
  const processes: Process[] = [];
  for (const line of result.stdout.split('\n')) {
    const match = /^\s*(\d+)\s+(\S+)\s+([\d.]+)\s+(\d+)\s+(\d+)\s+(.+?)\s*$/.exec(line);
    if (!match) continue;
    const [, pid, user = '', percent, cpuSeconds, elapsedSeconds, program = ''] = match;
    processes.push({
      pid: Number(pid),
      user,
      program,
      percent: Number(percent),
      cpuSeconds: Number(cpuSeconds),
      elapsedSeconds: Number(elapsedSeconds),
    });
  }
  return processes.length > 0
    ? { kind: 'read', value: processes }
    : { kind: 'unreadable', why: `listed no processes (${firstLine(result.stderr) || 'no message'})` };
}

/** The second picture of two: the first one counts since boot. */
function readTop(result: StepResult): Reading<Array<Pick<Process, 'pid' | 'user' | 'program' | 'percent'>>> {
  const pictures = result.stdout.split(/^\s*PID\s+USER\s.*%CPU.*COMMAND\s*$/m);
  const second = pictures[2];
  if (second === undefined) return { kind: 'unreadable', why: 'has a top of another kind' };
  const rows = second.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [pid, user = '', , , , , , , percent] = columns;
    const program = columns.slice(11).join(' ');
    return /^\d+$/.test(pid ?? '') && program !== ''
      ? [{ pid: Number(pid), user, program, percent: Number((percent ?? '').replace(',', '.')) }]
      : [];
  });
  return { kind: 'read', value: rows };
}
