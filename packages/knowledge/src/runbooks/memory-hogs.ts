// Which processes hold the memory: a large part of all there is, or far more than anything else on the node. Pure.
import { formatKib } from '../analysis/format-amount.ts';
import type { Sighting } from '../analysis/group-sightings.ts';
import { type Answer, firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { writeFaultReport } from '../analysis/write-report.ts';
import type { Runbook, StepResult } from '../runbook.ts';

const ramPercent = 20;
const criticalRamPercent = 50;
/** Below this nothing is a hog: on no server of today does it matter. */
const hogKibMin = 256 * 1_024;
/** Stands out on its node: this many times what the next program's largest process holds. */
const standOutFactor = 8;
/** Stands out among its like: this many times what the same program holds on the other nodes, by their median. */
const peerFactor = 4;
const lowAvailablePercent = 5;
/** What holds memory because it was told to: no finding for its size alone, unless the node runs short or its like are smaller. */
const holdsByDesign =
  /^(postgres|mysqld|mariadbd|mongod|redis-server|valkey-server|memcached|oracle|sqlservr|clickhouse-serv|java|beam\.smp|varnishd|qemu-.*|kvm)$/;

interface Process {
  pid: number;
  user: string;
  program: string;
  rssKib: number;
}

interface Memory {
  processes: Process[];
  totalKib: number;
  availableKib: number | null;
}

export const memoryHogs: Runbook = {
  slug: 'memory-hogs',
  title: 'Memory hogs',
  description:
    'Names the processes that hold far more memory than their like on other nodes or than anything else on their own, at least 256 MB, and nodes that have less than 5% of their memory available. Databases and caches hold memory by design and count only where it runs short or their like hold less.',
  questions: [
    'What is using the memory?',
    'Which processes use the most RAM?',
    'Is there a memory leak?',
    'Which nodes are low on memory?',
    'Who is eating all the RAM?',
    'Is anything close to being killed by the OOM killer?',
  ],
  keywords:
    'memory ram rss resident leak leaking oom out of memory killer swap swapping hog hogs heap mem eating process processes usage',
  commands: [
    {
      step: 'memory',
      title: 'Processes by resident memory, and how much memory is available',
      command:
        "ps -eo pid,user,rss,comm --sort=-rss | head -n 30; grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo",
      comparesNodes: true,
    },
  ],
  analyse(observations) {
    const answers = readAnswers(observations, 'memory', readMemory);
    const nodes = answers.answers.map((answer) => ({ answer, programs: largestOfEach(answer.value) }));
    const sizes = sizesOfEach([
      ...nodes.map(({ programs }) => programs),
      ...answers.peers.map(({ value }) => largestOfEach(value)),
    ]);
    const hogs = nodes.flatMap(({ answer, programs }) =>
      [...programs.values()]
        .filter((process) =>
          isHog(process, answer.value, medianOfOthers(sizes.get(process.program) ?? [], process.rssKib)),
        )
        .map((process) => ({ answer, process, percent: percentOf(process, answer.value) })),
    );
    const sightings = [
      ...hogs.map(
        ({ answer, process, percent }): Sighting => ({
          node: answer.node,
          executionIds: [answer.executionId],
          severity: percent >= criticalRamPercent ? 'critical' : 'warning',
          weight: process.rssKib,
          claim: `${process.program} (pid ${process.pid}, ${process.user}) on ${answer.node.name} holds ${formatKib(process.rssKib)} of memory, ${comparison(answer, process, percent)}`,
          key: process.program,
          shared: `${process.program} holds much memory`,
        }),
      ),
      ...answers.answers.flatMap((answer): Sighting[] => {
        const { totalKib, availableKib } = answer.value;
        if (availableKib === null || !isShort(answer.value)) return [];
        return [
          {
            node: answer.node,
            executionIds: [answer.executionId],
            severity: 'critical',
            weight: totalKib,
            claim: `${answer.node.name} has only ${formatKib(availableKib)} of its ${formatKib(totalKib)} of memory available`,
            key: 'memory available',
            shared: `Less than ${lowAvailablePercent}% of the memory is available`,
          },
        ];
      }),
    ];
    return writeFaultReport({
      answers,
      sightings,
      fault: sightings.some((sighting) => sighting.key === 'memory available')
        ? 'memory is short, or much of it held by one process,'
        : answers.answers.some(({ value }) => value.availableKib === null)
          ? 'one process holds much more memory than the others'
          : `${answers.asked === 1 ? 'memory is not short' : `no node${answers.notAnswered.length > 0 ? ' that answered' : ''} is short of memory`}, but one process holds much more than the others`,
      inBrackets: (own) =>
        own
          .slice(0, 2)
          .map((sighting) =>
            sighting.key === 'memory available' ? 'little available' : `${sighting.key} ${formatKib(sighting.weight)}`,
          )
          .join(', '),
      healthy: (scope) => `No process stands out by the memory it holds on ${scope}`,
    });
  },
};

/** `peerKib`: what the same program holds on the other nodes; null where none runs it. */
function isHog(process: Process, memory: Memory, peerKib: number | null): boolean {
  if (process.rssKib < hogKibMin) return false;
  const isLarge = percentOf(process, memory) >= ramPercent;
  if (isShort(memory) && isLarge) return true;
  if (peerKib !== null) return process.rssKib >= peerFactor * peerKib;
  if (holdsByDesign.test(process.program)) return false;
  return isLarge || process.rssKib >= standOutFactor * largestOfOthers(memory, process);
}

function isShort({ totalKib, availableKib }: Memory): boolean {
  return availableKib !== null && availableKib * 100 < totalKib * lowAvailablePercent;
}

function largestOfEach(memory: Memory): Map<string, Process> {
  const largest = new Map<string, Process>();
  for (const process of memory.processes) {
    if (process.rssKib > (largest.get(process.program)?.rssKib ?? 0)) largest.set(process.program, process);
  }
  return largest;
}

/** Of each program, what its largest process holds on each node that runs it, smallest first. */
function sizesOfEach(nodes: ReadonlyArray<Map<string, Process>>): Map<string, number[]> {
  const sizes = new Map<string, number[]>();
  for (const programs of nodes) {
    for (const { program, rssKib } of programs.values()) {
      const known = sizes.get(program);
      if (known === undefined) sizes.set(program, [rssKib]);
      else known.push(rssKib);
    }
  }
  for (const known of sizes.values()) known.sort((a, b) => a - b);
  return sizes;
}

/** The median of `sorted` without one `own` value in it. */
function medianOfOthers(sorted: readonly number[], own: number): number | null {
  const middle = Math.floor((sorted.length - 1) / 2);
  const others = own <= (sorted[middle] ?? own) ? middle + 1 : middle;
  return sorted.length < 2 ? null : (sorted[others] ?? null);
}

function largestOfOthers(memory: Memory, process: Process): number {
  return Math.max(0, ...memory.processes.filter((other) => other.program !== process.program).map((p) => p.rssKib));
}

function percentOf(process: Process, memory: Memory): number {
  return Math.round((process.rssKib / memory.totalKib) * 1_000) / 10;
}

function comparison(answer: Answer<Memory>, process: Process, percent: number): string {
  const share = `${percent}% of the node's ${formatKib(answer.value.totalKib)}`;
  const next = largestOfOthers(answer.value, process);
  return next > 0 && process.rssKib >= standOutFactor * next
    ? `${share} and ${Math.floor(process.rssKib / next)} times as much as any other program`
    : share;
}

function readMemory(result: StepResult): Reading<Memory> {
  const processes: Process[] = [];
  const amounts = new Map<string, number>();
  for (const line of result.stdout.split('\n')) {
    const amount = /^(\w+):\s+(\d+) kB$/.exec(line.trim());
    if (amount) {
      amounts.set(amount[1] ?? '', Number(amount[2]));
      continue;
    }
    const match = /^\s*(\d+)\s+(\S+)\s+(\d+)\s+(.+?)\s*$/.exec(line);
    if (!match) continue;
    const [, pid, user = '', rss, program = ''] = match;
    processes.push({ pid: Number(pid), user, program, rssKib: Number(rss) });
  }
  const totalKib = amounts.get('MemTotal');
  if (processes.length === 0 || totalKib === undefined) {
    return {
      kind: 'unreadable',
      why: `did not list its processes and memory (${firstLine(result.stderr) || 'no message'})`,
    };
  }
  return { kind: 'read', value: { processes, totalKib, availableKib: amounts.get('MemAvailable') ?? null } };
}
