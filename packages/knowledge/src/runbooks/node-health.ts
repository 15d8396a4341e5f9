// What is wrong with a node, or why it is slow: the runbooks that find faults, all at once. Pure.
import { countOf, nameNodes, sortNodes } from '../analysis/name-nodes.ts';
import { nobodyAnswered, silenceOf } from '../analysis/write-report.ts';
import type { NodeName, NodeObservation, NotAnswered, Runbook, RunbookFinding, RunbookReport } from '../runbook.ts';
import { certificates } from './certificates.ts';
import { cpuHogs } from './cpu-hogs.ts';
import { deadServices } from './dead-services.ts';
import { diskSpace } from './disk-space.ts';
import { inodes } from './inodes.ts';
import { listeningPorts } from './listening-ports.ts';
import { load, readLoadPerCore } from './load.ts';
import { memoryHogs } from './memory-hogs.ts';
import { packageVersions } from './package-versions.ts';

interface Part {
  runbook: Runbook;
  /** Where what it finds is counted: "disks", completed by "were looked at". */
  noun: string;
}

const parts: readonly Part[] = [
  { runbook: diskSpace, noun: 'disks' },
  { runbook: inodes, noun: 'inodes' },
  { runbook: deadServices, noun: 'services' },
  { runbook: memoryHogs, noun: 'memory' },
  { runbook: cpuHogs, noun: 'CPU' },
  { runbook: load, noun: 'load' },
  { runbook: certificates, noun: 'certificates' },
  { runbook: listeningPorts, noun: 'ports' },
  { runbook: packageVersions, noun: 'package versions' },
];
const severities = ['critical', 'warning', 'info'];
/** So much more than the others' load is a node's own: hosts that share a machine share its load. */
const ownLoadFactor = 1.5;
/** More old packages than this are one finding. */
const oldPackagesShown = 3;

interface Alarm {
  part: Part;
  finding: RunbookFinding;
}

export const nodeHealth: Runbook = {
  slug: 'node-health',
  title: 'Node health',
  description:
    'Looks for everything that commonly makes a node slow or sick: full disks, no inodes, dead services, memory and CPU hogs, load, expired certificates, unusual open ports, packages that lag behind.',
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
    'slow slowly slowness sluggish lag lagging laggy crawling freezing frozen stuck hang hanging unresponsive performance health healthy unhealthy sick wrong problem problems trouble issue issues broken diagnose check overview status ok okay fine triage fault faults degraded worry worried alert alerts alarm paged',
  commands: parts.flatMap(({ runbook }) => runbook.commands),
  analyse(observations) {
    const steps = new Set(observations.flatMap(({ results }) => results.map(({ step }) => step)));
    const [run, left] = partition(parts, ({ runbook }) => runbook.commands.some(({ step }) => steps.has(step)));
    // Each part answers for all it looks at: a word of this question ("web", "slow") is not the name of a service.
    const reports = (run.length > 0 ? run : parts).map((part) => ({
      part,
      report: part.runbook.analyse(observations),
    }));
    const asked = observations.filter((observation) => !observation.isPeer);
    const notAnswered = mergeNotAnswered(reports);
    const heard = (id: string) => reports.some(({ report }) => report.notAnswered.every(({ node }) => node.id !== id));
    const incomplete = notAnswered.map(({ node }) => node);
    const silent = silenceOf(
      incomplete.filter(({ id }) => !heard(id)),
      incomplete.filter(({ id }) => heard(id)),
      asked.length,
    );
    if (reports.every(({ report }) => report.findings.length === 0)) {
      return { headline: nobodyAnswered({ asked: asked.length, notAnswered }), findings: [], notAnswered };
    }
    const all = reports.flatMap(({ part, report }) => alarmsOf(part, report));
    const { alarms, shared } = withoutSharedLoad(all, observations);
    const looked = reports.filter(({ report }) => report.findings.length > 0 && !report.isUncompared);
    const uncompared = reports.filter(({ report }) => report.isUncompared).map(({ part }) => part.noun);
    const limits = [
      uncompared.length > 0
        ? ` There was no like node to compare with, so ${uncompared.join(' and ')} could not be judged.`
        : '',
      run.length > 0 && left.length > 0
        ? ` Not looked at: ${left.map(({ noun }) => noun).join(', ')}; ask for them by name.`
        : '',
    ].join('');
    if (alarms.length === 0) {
      const whole = asked.length - notAnswered.length;
      const where =
        asked.length === 1
          ? `on ${asked[0]?.node.name}`
          : whole > 0
            ? `on ${countOf(whole, 'node')}`
            : 'in what was answered';
      const load = shared.map(({ claim }) => ` ${claim}.`).join('');
      return {
        headline: `Nothing wrong was found ${where}; looked at: ${looked.map(({ part }) => part.noun).join(', ')}.${load}${limits}${silent}`,
        findings: [
          ...looked.flatMap(({ report }) => report.findings.slice(0, 1)).filter(({ severity }) => severity === 'info'),
          ...shared,
        ],
        notAnswered,
      };
    }
    return {
      headline: `${headlineOf(alarms, asked)}.${limits}${silent}`,
      findings: [...alarms.map(({ finding }) => finding), ...shared],
      notAnswered,
    };
  },
};

function headlineOf(alarms: readonly Alarm[], asked: readonly NodeObservation[]): string {
  if (alarms.length <= 2) return alarms.map(({ finding }) => finding.claim).join('; ');
  const sick = sortNodes(alarms.flatMap(({ finding }) => finding.nodes));
  const partsOf = (node: NodeName) =>
    [
      ...new Set(
        alarms
          .filter(({ finding }) => finding.nodes.some((other) => other.id === node.id))
          .map(({ part }) => part.runbook.title.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())),
      ),
    ].join(', ');
  const [only] = sick;
  if (asked.length === 1 && only !== undefined) {
    return `${only.name} has ${alarms.length} things wrong: ${partsOf(only)}`;
  }
  return `${sick.length} of ${countOf(asked.length, 'node')} ${sick.length === 1 ? 'has' : 'have'} something wrong: ${shorten(
    sick.map((node) => `${node.name} (${partsOf(node)})`),
  )}`;
}

function alarmsOf(part: Part, report: RunbookReport): Alarm[] {
  const findings = report.findings.filter((finding) => finding.severity !== 'info');
  if (part.runbook !== packageVersions || findings.length <= oldPackagesShown) {
    return findings.map((finding) => ({ part, finding }));
  }
  const nodes = sortNodes(findings.flatMap((finding) => finding.nodes));
  const shown = findings.slice(0, oldPackagesShown).map(({ claim }) => claim);
  return [
    {
      part,
      finding: {
        claim: `${countOf(findings.length, 'package')} on ${nameNodes(nodes)} ${nodes.length === 1 ? 'is' : 'are'} older than on others, among them: ${shown.join('; ')}`,
        severity: 'warning',
        nodes,
        executionIds: [...new Set(findings.flatMap(({ executionIds }) => executionIds))],
      },
    },
  ];
}

/** A load that all of several nodes have (hosts on one machine) is no fault of any of them; it is told, and that is all. */
function withoutSharedLoad(
  all: readonly Alarm[],
  observations: readonly NodeObservation[],
): { alarms: Alarm[]; shared: RunbookFinding[] } {
  const worstFirst = (alarms: readonly Alarm[]) =>
    [...alarms].sort((a, b) => severities.indexOf(a.finding.severity) - severities.indexOf(b.finding.severity));
  const ofLoad = all.filter(({ part }) => part.runbook === load);
  const perCore = readLoadPerCore(observations);
  const sorted = [...perCore.values()].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const isShared =
    ofLoad.length > 0 &&
    perCore.size > 1 &&
    ofLoad.every(({ finding }) =>
      finding.nodes.every((node) => (perCore.get(node.id) ?? 0) < Math.max(1, median) * ownLoadFactor && median > 0.6),
    );
  // Where it is all that was found among all that there is, it is the answer.
  const isTheAnswer = all.length === ofLoad.length && !observations.some((observation) => observation.isPeer);
  if (!isShared || isTheAnswer) return { alarms: worstFirst(all), shared: [] };
  const nodes = sortNodes(ofLoad.flatMap(({ finding }) => finding.nodes));
  return {
    alarms: worstFirst(all.filter((alarm) => !ofLoad.includes(alarm))),
    shared: [
      {
        claim: `The load is higher than the number of processors on ${nameNodes(nodes, 4)}, and much the same on the other nodes that were looked at`,
        severity: 'info',
        nodes,
        executionIds: ofLoad.flatMap(({ finding }) => finding.executionIds),
      },
    ],
  };
}

/** Each node once, with what each part did not hear; the same reason is told once. */
function mergeNotAnswered(reports: ReadonlyArray<{ part: Part; report: RunbookReport }>): NotAnswered[] {
  const incomplete = new Map<string, { node: NodeName; reasons: Map<string, string[]>; advice: string | undefined }>();
  for (const { part, report } of reports) {
    for (const { node, why, advice } of report.notAnswered) {
      const entry = incomplete.get(node.id) ?? { node, reasons: new Map<string, string[]>(), advice };
      entry.reasons.set(why, [...(entry.reasons.get(why) ?? []), part.noun]);
      incomplete.set(node.id, entry);
    }
  }
  return [...incomplete.values()].map(({ node, reasons, advice }) => ({
    node,
    ...(advice === undefined ? {} : { advice }),
    why: [...reasons]
      .map(([why, nouns]) => (nouns.length === reports.length ? why : `${why} (${nouns.join(', ')})`))
      .join('; '),
  }));
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function shorten(names: readonly string[]): string {
  return names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
}
