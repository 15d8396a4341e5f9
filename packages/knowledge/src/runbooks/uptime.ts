// How long the nodes are up, which rebooted lately, which wait for a reboot, which don't answer at all. Pure.
import { formatSeconds } from '../analysis/format-amount.ts';
import type { Sighting } from '../analysis/group-sightings.ts';
import { groupSightings } from '../analysis/group-sightings.ts';
import { countOf, nameNodes } from '../analysis/name-nodes.ts';
import { firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { everyAnswer, nobodyAnswered, silence } from '../analysis/write-report.ts';
import type { Runbook, StepResult } from '../runbook.ts';

const recentSeconds = 86_400;

interface Uptime {
  seconds: number;
  rebootRequired: boolean;
}

export const uptime: Runbook = {
  slug: 'uptime',
  title: 'Uptime and reboots',
  description:
    'Says how long each node has been up, which rebooted in the last day, which wait for a reboot, and which do not answer.',
  questions: [
    'Which nodes rebooted recently?',
    'Are all nodes up and reachable?',
    'Which servers need a reboot?',
    'What is the uptime of web-07?',
    'How long have the nodes been up?',
    'Is any host unreachable or offline?',
    'When did it last boot?',
  ],
  keywords:
    'uptime reboot reboots rebooted rebooting restart restarted boot booted since up reach reachable unreachable offline online alive ping respond responding required pending',
  commands: [
    {
      step: 'uptime',
      title: 'Age of process 1, and whether a reboot is asked for',
      command: "ps -o etimes= -p 1; ls -d /run/reboot-required || echo 'no reboot required'",
    },
  ],
  analyse(observations) {
    const answers = readAnswers(observations, 'uptime', readUptime);
    if (answers.answers.length === 0) {
      return { headline: nobodyAnswered(answers), findings: [], notAnswered: answers.notAnswered };
    }
    const recent = answers.answers.filter((answer) => answer.value.seconds < recentSeconds);
    const waiting = answers.answers.filter((answer) => answer.value.rebootRequired);
    const byAge = [...answers.answers].sort((a, b) => b.value.seconds - a.value.seconds);
    const [oldest] = byAge;
    const youngest = byAge.at(-1);
    const sightings = [
      ...waiting.map(
        ({ node, executionId }): Sighting => ({
          node,
          executionIds: [executionId],
          severity: 'warning',
          weight: 1,
          claim: `${node.name} waits for a reboot (/run/reboot-required exists)`,
          key: 'required',
          shared: 'A reboot is required',
        }),
      ),
      // Where it is all of them, the headline says it.
      ...(recent.length === answers.answers.length ? [] : recent).map(
        ({ node, executionId, value }): Sighting => ({
          node,
          executionIds: [executionId],
          severity: 'info',
          weight: -value.seconds,
          claim: `${node.name} started ${formatSeconds(value.seconds)} ago`,
          key: 'recent',
          shared: 'The last start is less than a day ago',
        }),
      ),
    ];
    const span =
      oldest === undefined || youngest === undefined || oldest === youngest
        ? `${oldest?.node.name} has been up for ${formatSeconds(oldest?.value.seconds ?? 0)}`
        : `${countOf(answers.answers.length, 'node')} answered; the longest up is ${oldest.node.name} (${formatSeconds(oldest.value.seconds)}), the shortest ${youngest.node.name} (${formatSeconds(youngest.value.seconds)})`;
    const parts = [
      span,
      recent.length > 0 && answers.answers.length > 1
        ? `${
            recent.length === answers.answers.length
              ? 'all of them'
              : nameNodes(
                  recent.map((answer) => answer.node),
                  6,
                )
          } started within the last day`
        : '',
      waiting.length > 0
        ? `waiting for a reboot: ${nameNodes(
            waiting.map((answer) => answer.node),
            6,
          )}`
        : '',
    ].filter((part) => part !== '');
    return {
      headline: `${parts.join('; ')}.${silence(answers)}`,
      findings: [...groupSightings(sightings), everyAnswer(span, answers.answers)],
      notAnswered: answers.notAnswered,
    };
  },
};

function readUptime(result: StepResult): Reading<Uptime> {
  const match = /^\s*(\d+)\s*\n/.exec(result.stdout);
  if (!match)
    return { kind: 'unreadable', why: `did not tell its uptime (${firstLine(result.stderr) || 'no message'})` };
  return {
    kind: 'read',
    value: { seconds: Number(match[1]), rebootRequired: /^\/run\/reboot-required$/m.test(result.stdout) },
  };
}
