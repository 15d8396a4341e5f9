// One command, given by a person, on every node of the scope. No thinking: the answer says how it ended where. Pure.
import { adviseOnOutcome } from '@sena/contracts/domain/advise-on-outcome';
import type { Observation } from '@sena/runs/execution/list-observations';
import type { NewFinding } from '@sena/runs/run/save-report';
import { countNodes, describeOutcome, listNames } from './describe-outcomes.ts';
import type { PlanContext, Planner, PlanTurn } from './planner.ts';

/** A finding cites at most this many executions; the run's executions have them all. */
const citedMax = 200;

export const commandPlanner: Planner = {
  name: 'none',
  // How it ended is all that is told; what it printed is there to be looked at.
  wanted: { headBytes: 0, totalBytesMax: 0 },
  async plan(context: PlanContext): Promise<PlanTurn> {
    const { command } = context.request;
    if (command === null) return { kind: 'cannot', reason: 'The run has no command.' };
    if (context.turn === 0) {
      const step = {
        step: 'command',
        title: 'The command as given',
        command,
        nodeIds: context.nodes.map((node) => node.id),
      };
      return {
        kind: 'probe',
        summary: `Run the command on ${countNodes(context.nodes.length)}.`,
        steps: [step],
        memory: null,
      };
    }
    return { kind: 'answer', ...report(context.observations) };
  },
};

function report(observations: readonly Observation[]): { answer: string; findings: NewFinding[] } {
  const groups = [...Map.groupBy(observations, describeOutcome)].sort((a, b) => b[1].length - a[1].length);
  const findings = groups.map(([how, group]): NewFinding => {
    const names = group.map((observation) => observation.node.name);
    return {
      claim: `${countNodes(group.length)}: ${how} (${listNames(names)}).${whyAndWhatNext(group)}`,
      severity: severityOf(group[0] as Observation),
      nodes: group.map((observation) => observation.node).slice(0, citedMax),
      executionIds: group.map((observation) => observation.executionId).slice(0, citedMax),
    };
  });
  const [first] = groups;
  if (groups.length === 1 && first !== undefined) {
    const sentence = `${observations.length === 1 ? `On ${first[1][0]?.node.name}` : `On all ${countNodes(observations.length)}`}: ${first[0]}.${whyAndWhatNext(first[1])}`;
    // The one claim is the answer itself.
    return { answer: sentence, findings: findings.map((finding) => ({ ...finding, claim: sentence })) };
  }
  return {
    answer: `On ${countNodes(observations.length)}:\n${findings.map((finding) => `- ${finding.claim}`).join('\n')}`,
    findings,
  };
}

/** Of those that did not run to an end that was seen: what one satellite said, and what to do. With a space before it. */
function whyAndWhatNext(group: readonly Observation[]): string {
  const [first] = group as [Observation, ...Observation[]];
  if (first.outcome === 'exited') return '';
  const told = group.find(({ detail }) => detail !== null);
  // Satellites write sentences, but nothing makes them.
  const said = told?.detail?.trim().replace(/[.\s]+$/, '');
  const why =
    told === undefined || !said
      ? ''
      : group.length === 1
        ? ` ${said}.`
        : ` Of ${told.node.name} its satellite said: ${said}.`;
  return `${why} ${adviseOnOutcome(first.outcome, first.reason)}`;
}

function severityOf(observation: Observation): NewFinding['severity'] {
  if (observation.outcome === 'unknown') return 'critical';
  return observation.outcome === 'exited' && observation.exitCode === 0 ? 'info' : 'warning';
}
