// What is wrong with a node, or why it is slow: the runbooks that find faults, all at once. Pure.
import { countOf, sortNodes } from '../analysis/name-nodes.ts';
import { nobodyAnswered } from '../analysis/write-report.ts';
import type { NodeName, Runbook } from '../runbook.ts';
import { certificates } from './certificates.ts';
import { cpuHogs } from './cpu-hogs.ts';
import { deadServices } from './dead-services.ts';
import { diskSpace } from './disk-space.ts';
import { inodes } from './inodes.ts';
import { load } from './load.ts';
import { memoryHogs } from './memory-hogs.ts';

const parts = [diskSpace, inodes, deadServices, memoryHogs, cpuHogs, load, certificates];
const severities = ['critical', 'warning', 'info'];

export const nodeHealth: Runbook = {
  slug: 'node-health',
  title: 'Node health',
  description:
    'Looks for everything that commonly makes a node slow or sick: full disks, no inodes, dead services, memory and CPU hogs, load, expired certificates.',
  questions: [
    'Why is web-07 slow?',
    'What is wrong with web-07?',
    'Is anything broken?',
    'How healthy is the fleet?',
    'Is everything fine?',
    'Health check',
    'Why does the server respond slowly, lag or hang?',
    'Any problems or issues?',
  ],
  keywords:
    'slow slowly slowness sluggish lag lagging hang hanging unresponsive performance health healthy unhealthy sick wrong problem problems trouble issue issues broken diagnose check overview status ok okay fine triage fault faults degraded worry worried alert alerts alarm paged',
  commands: parts.flatMap((part) => part.commands),
  analyse(observations) {
    // Each part answers for all it looks at: a word of this question ("web", "slow") is not the name of a service.
    const reports = parts.map((part) => ({ part, report: part.analyse(observations) }));
    const alarms = reports
      .flatMap(({ part, report }) => report.findings.map((finding) => ({ part, finding })))
      .filter(({ finding }) => finding.severity !== 'info');
    // A load that all of several nodes share (hosts on one machine) says nothing about any of them.
    const loaded = sortNodes(alarms.filter(({ part }) => part === load).flatMap(({ finding }) => finding.nodes));
    const loadIsCommon = loaded.length > 1 && loaded.length === observations.length;
    const faults = alarms
      .filter(({ part }) => part !== load || !loadIsCommon || alarms.every((alarm) => alarm.part === load))
      .sort((a, b) => severities.indexOf(a.finding.severity) - severities.indexOf(b.finding.severity));
    const incomplete = new Map<string, { node: NodeName; why: string[] }>();
    for (const { part, report } of reports) {
      for (const { node, why } of report.notAnswered) {
        const entry = incomplete.get(node.id) ?? { node, why: [] };
        if (!entry.why.some((known) => known.endsWith(why))) entry.why.push(`${part.title.toLowerCase()}: ${why}`);
        incomplete.set(node.id, entry);
      }
    }
    const notAnswered = [...incomplete.values()].map(({ node, why }) => ({ node, why: why.join('; ') }));
    const silent =
      notAnswered.length === 0
        ? ''
        : ` ${notAnswered.length} of ${countOf(observations.length, 'node')} did not give a complete answer: ${shorten(
            sortNodes(notAnswered.map((entry) => entry.node)).map((node) => node.name),
          )}.`;
    const answered = reports.flatMap(({ report }) => report.findings);
    if (answered.length === 0) return { headline: nobodyAnswered(observations.length), findings: [], notAnswered };
    if (faults.length === 0) {
      return {
        headline: `Nothing wrong was found ${
          notAnswered.length < observations.length
            ? `on ${countOf(observations.length - notAnswered.length, 'node')}`
            : 'in what was answered'
        }: disks, inodes, services, memory, CPU, load and certificates.${silent}`,
        findings: answered,
        notAnswered,
      };
    }
    const sick = sortNodes(faults.flatMap(({ finding }) => finding.nodes));
    const headline =
      faults.length <= 2
        ? `${faults.map(({ finding }) => finding.claim).join('; ')}.${silent}`
        : `${sick.length} of ${countOf(observations.length, 'node')} ${sick.length === 1 ? 'has' : 'have'} something wrong: ${shorten(
            sick.map((node) => {
              const own = faults.filter(({ finding }) => finding.nodes.some((other) => other.id === node.id));
              return `${node.name} (${[...new Set(own.map(({ part }) => part.title.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())))].join(', ')})`;
            }),
          )}.${silent}`;
    const common = alarms.filter((alarm) => !faults.includes(alarm));
    return {
      headline,
      findings: [
        ...faults.map(({ finding }) => finding),
        ...common.slice(0, 1).map(() => ({
          claim: `The load is higher than the number of processors on all ${countOf(loaded.length, 'node')}`,
          severity: 'info' as const,
          nodes: loaded,
          executionIds: common.flatMap(({ finding }) => finding.executionIds),
        })),
      ],
      notAnswered,
    };
  },
};

function shorten(names: readonly string[]): string {
  return names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
}
