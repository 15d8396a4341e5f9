// Leaves a runbook: the headline that answers, the findings behind it, and who did not answer.
// Pure. Silence is never reported as health.
import type { NodeName, NotAnswered, RunbookFinding, RunbookReport } from '../runbook.ts';
import { groupSightings, type Sighting } from './group-sightings.ts';
import { countOf, nameNodes, sortNodes } from './name-nodes.ts';
import type { Answers } from './read-answers.ts';

export interface FaultReport<T> {
  answers: Answers<T>;
  /** What is wrong, node by node. */
  sightings: readonly Sighting[];
  /** What is looked for, completed by "on web-03": "a file system is at least 90% full". */
  fault: string;
  /** How each node with a fault is shown in the headline: "web-03 (/srv/data 97%)". */
  inBrackets(sightings: readonly Sighting[]): string;
  /** The sentence for a fleet in which nobody has the fault. `scope` is "any of the 12 nodes that answered". No full stop. */
  healthy(scope: string): string;
}

/** For runbooks that look for something wrong. */
export function writeFaultReport<T>(report: FaultReport<T>): RunbookReport {
  const { answers, notAnswered, asked } = report.answers;
  const silent = silence(report.answers);
  if (answers.length === 0) return { headline: nobodyAnswered(report.answers), findings: [], notAnswered };
  const faulty = new Map<string, Sighting[]>();
  for (const sighting of report.sightings) {
    const known = faulty.get(sighting.node.id);
    if (known) known.push(sighting);
    else faulty.set(sighting.node.id, [sighting]);
  }
  if (faulty.size === 0) {
    const sentence = report.healthy(scopeOf(report.answers));
    return {
      headline: `${sentence}.${silent}`,
      findings: [everyAnswer(sentence, answers)],
      notAnswered,
    };
  }
  const nodes = sortNodes(report.sightings.map((sighting) => sighting.node));
  const shown = nodes.slice(0, 8).map((node) => {
    const brackets = report.inBrackets(faulty.get(node.id) ?? []);
    return brackets === '' ? node.name : `${node.name} (${brackets})`;
  });
  const more = nodes.length > shown.length ? ` and ${countOf(nodes.length - shown.length, 'more node')}` : '';
  const list = more === '' ? joinWithAnd(shown) : shown.join(', ');
  const where = asked === 1 ? list : `${nodes.length} of ${countOf(asked, 'node')}: ${list}${more}`;
  return {
    headline: `${capital(report.fault)} on ${where}.${silent}`,
    findings: groupSightings(report.sightings),
    notAnswered,
  };
}

export interface InventoryReport<T> {
  answers: Answers<T>;
  /** One group for each value: "Debian GNU/Linux 12 (bookworm)". Most nodes first. */
  groups: readonly InventoryGroup[];
  /** "run", "have": "12 nodes run Debian 12". */
  verb: string;
}

export interface InventoryGroup {
  value: string;
  nodes: readonly NodeName[];
  executionIds: readonly string[];
}

/** For runbooks that say what there is. The headline names the nodes of the smaller groups. */
export function writeInventoryReport<T>(report: InventoryReport<T>): RunbookReport {
  const { answers, notAnswered } = report.answers;
  if (answers.length === 0) return { headline: nobodyAnswered(report.answers), findings: [], notAnswered };
  const [most, ...others] = report.groups;
  if (most === undefined) return { headline: nobodyAnswered(report.answers), findings: [], notAnswered };
  const silent = silence(report.answers);
  const isOne = most.nodes.length === 1;
  const verb = isOne ? singular(report.verb) : report.verb;
  if (others.length === 0) {
    const all = `All ${countOf(most.nodes.length, 'node')}${notAnswered.length > 0 ? ' that answered' : ''}`;
    const sentence = `${isOne ? nameNodes(most.nodes) : all} ${verb} ${most.value}`;
    return {
      headline: `${sentence}.${silent}`,
      findings: [
        {
          claim: sentence,
          severity: 'info',
          nodes: sortNodes(most.nodes),
          executionIds: [...most.executionIds],
        },
      ],
      notAnswered,
    };
  }
  const headline = `${countOf(most.nodes.length, 'node')} ${verb} ${most.value}${
    most.nodes.length <= 4 ? ` (${nameNodes(most.nodes)})` : ''
  }; ${others
    .slice(0, 5)
    .map((group) => `${group.value} on ${nameNodes(group.nodes, 6)}`)
    .join('; ')}${
    others.length > 5
      ? `; and ${countOf(others.length - 5, 'other value')} on ${countOf(sum(others.slice(5)), 'node')}`
      : ''
  }.${silent}`;
  return {
    headline,
    findings: report.groups.slice(0, 40).map((group) => ({
      claim: `${countOf(group.nodes.length, 'node')} ${group.nodes.length === 1 ? singular(report.verb) : report.verb} ${group.value}: ${nameNodes(group.nodes, 20)}`,
      severity: 'info',
      nodes: sortNodes(group.nodes),
      executionIds: [...group.executionIds],
    })),
    notAnswered,
  };
}

/** Groups answers by a value of each; most nodes first. */
export function groupByValue<T>(answers: Answers<T>, describe: (value: T) => string): InventoryGroup[] {
  const groups = new Map<string, { value: string; nodes: NodeName[]; executionIds: string[] }>();
  for (const answer of answers.answers) {
    const value = describe(answer.value);
    const group = groups.get(value) ?? { value, nodes: [], executionIds: [] };
    group.nodes.push(answer.node);
    group.executionIds.push(answer.executionId);
    groups.set(value, group);
  }
  return [...groups.values()].sort((a, b) => b.nodes.length - a.nodes.length || a.value.localeCompare(b.value));
}

/** " 2 of 12 nodes did not answer: web-03 and web-04." or nothing. */
export function silence<T>({ answers, notAnswered, asked }: Answers<T>): string {
  const heard = new Set(answers.map(({ node }) => node.id));
  const nodes = notAnswered.map(({ node }) => node);
  return silenceOf(
    nodes.filter(({ id }) => !heard.has(id)),
    nodes.filter(({ id }) => heard.has(id)),
    asked,
  );
}

/** `silent`: said nothing. `partial`: said something, but not all. */
export function silenceOf(silent: readonly NodeName[], partial: readonly NodeName[], asked: number): string {
  return [
    { nodes: silent, did: 'did not answer' },
    { nodes: partial, did: 'did not give a complete answer' },
  ]
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ nodes, did }) =>
      asked === 1
        ? ` ${nameNodes(nodes)} ${did}.`
        : ` ${sortNodes(nodes).length} of ${countOf(asked, 'node')} ${did}: ${nameNodes(nodes, 8)}.`,
    )
    .join('');
}

export function nobodyAnswered({ asked, notAnswered }: { asked: number; notAnswered: readonly NotAnswered[] }): string {
  if (asked === 0) return 'No node was asked, so nothing can be said.';
  return asked === 1
    ? `${notAnswered[0]?.node.name ?? 'The node'} did not answer, so nothing can be said about it.`
    : `None of the ${countOf(asked, 'node')} answered, so nothing can be said about them.`;
}

export function everyAnswer<T>(claim: string, answers: Answers<T>['answers']): RunbookFinding {
  return {
    claim,
    severity: 'info',
    nodes: sortNodes(answers.map((answer) => answer.node)),
    executionIds: answers.map((answer) => answer.executionId),
  };
}

/** "web-03", "any of the 12 nodes", "any of the 11 nodes that answered". */
function scopeOf<T>({ answers, asked }: Answers<T>): string {
  const answered = answers.length;
  if (asked === 1) return answers[0]?.node.name ?? 'the node';
  return answered === asked ? `any of the ${countOf(asked, 'node')}` : `any of the ${answered} nodes that answered`;
}

function joinWithAnd(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function singular(verb: string): string {
  return verb === 'have' ? 'has' : `${verb}s`;
}

function sum(groups: readonly InventoryGroup[]): number {
  return groups.reduce((total, group) => total + group.nodes.length, 0);
}
