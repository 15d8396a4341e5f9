// Which services should run and don't: pid files without a process (any init), failed units (systemd). Pure.
import type { Sighting } from '../analysis/group-sightings.ts';
import { countOf, nameNodes } from '../analysis/name-nodes.ts';
import { type Answer, type Answers, firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { everyAnswer, silence, writeFaultReport } from '../analysis/write-report.ts';
import type { Runbook, RunbookReport, StepResult } from '../runbook.ts';

interface Services {
  /** The init script says that it does not run, no process has its name, and yet its pid file is still there. */
  dead: Array<{ service: string; pidFile: string }>;
  /** Asked as root: another user may not see whether a process lives, so that init scripts may be wrong. */
  askedAsRoot: boolean;
  failedUnits: string[];
  /** Names of running programs. */
  running: Set<string>;
  /** Services that are set up here: init scripts and pid files. */
  known: Set<string>;
}

export const deadServices: Runbook = {
  slug: 'dead-services',
  title: 'Dead services',
  description:
    'Names services whose pid file is still there though their init script finds no process, and units that systemd has marked as failed. With and without systemd.',
  questions: [
    'Which services are down?',
    'Is nginx down anywhere?',
    'Are there any failed or crashed services?',
    'Which daemons are not running?',
    'Is the shop service running everywhere?',
    'Did anything crash?',
    'systemctl failed units',
  ],
  keywords:
    'service services daemon daemons dead down failed crashed crash stopped died not running run runs running unit units systemd systemctl init pid up alive broken outage status nginx apache apache2 httpd mysql mysqld mariadb postgres postgresql redis docker haproxy cron sshd',
  commands: [
    {
      step: 'services',
      title: 'Pid files, processes, failed units and init scripts',
      // In this order: a service that restarts meanwhile has a process by the time that they are listed.
      command: [
        'id -u',
        "echo '== init scripts'",
        "service --status-all 2>&1 || echo 'no init scripts'",
        "echo '== processes'",
        'ps -e -o pid=,stat=,comm=',
        "echo '== pid files'",
        "find /run -maxdepth 2 -name '*.pid'",
        "echo '== failed units'",
        "systemctl list-units --state=failed --plain --no-legend --no-pager || echo 'no systemd'",
      ].join('; '),
    },
  ],
  analyse(observations, question = '') {
    const answers = readAnswers(observations, 'services', readServices);
    const sightings = answers.answers.flatMap(sightingsOf);
    const asked = subjectOf(question, answers);
    if (asked !== null && answers.answers.length > 0) return reportOn(asked, answers, sightings);
    return writeFaultReport({
      answers,
      sightings,
      fault: 'a service is dead',
      inBrackets: (own) => own.map((sighting) => sighting.key).join(', '),
      healthy: (scope) => `No dead service was found on ${scope}: no pid file of a stopped service, no failed unit`,
    });
  },
};

function sightingsOf({ node, executionId, value }: Answer<Services>): Sighting[] {
  return [
    ...value.dead.map(
      ({ service, pidFile }): Sighting => ({
        node,
        executionIds: [executionId],
        severity: value.askedAsRoot ? 'critical' : 'warning',
        weight: 1,
        claim: `${service} on ${node.name} ${value.askedAsRoot ? 'is dead' : 'looks dead'}: its init script says that it does not run and no process has its name, but ${pidFile} is still there`,
        key: service,
        shared: `${service} left its pid file but has no process`,
      }),
    ),
    ...value.failedUnits.map(
      (unit): Sighting => ({
        node,
        executionIds: [executionId],
        severity: 'critical',
        weight: 0,
        claim: `${unit} on ${node.name} has failed, says systemd`,
        key: unit.replace(/\.service$/, ''),
        shared: `${unit} has failed, says systemd,`,
      }),
    ),
  ];
}

/** Well-known names are answered for even where no node has them. */
const wellKnown = new Set(
  'nginx apache apache2 httpd mysql mysqld mariadb postgres postgresql redis docker containerd haproxy cron sshd kubelet rabbitmq kafka mongod elasticsearch varnish squid postfix bind named chronyd ntpd'.split(
    ' ',
  ),
);

/** The service that the question is about, if it names one that exists on some node or is well known. */
function subjectOf(question: string, { answers }: Answers<Services>): string | null {
  const ordinary = new Set(['ps', 'sh', 'init', 'head', 'grep', 'service', 'services', 'top', 'ls', 'run', 'running']);
  const words = question.toLowerCase().match(/[a-z][a-z0-9_.@-]+/g) ?? [];
  const seen = new Set(
    answers.flatMap(({ value }) => [
      ...value.known,
      ...value.running,
      ...value.failedUnits.map((unit) => unit.replace(/\.service$/, '')),
    ]),
  );
  return words.find((word) => !ordinary.has(word) && (seen.has(word) || wellKnown.has(word))) ?? null;
}

function reportOn(subject: string, answers: Answers<Services>, sightings: readonly Sighting[]): RunbookReport {
  const dead = sightings.filter((sighting) => sighting.key === subject);
  const deadIds = new Set(dead.map((sighting) => sighting.node.id));
  const running = answers.answers.filter(({ value, node }) => value.running.has(subject) && !deadIds.has(node.id));
  const idle = answers.answers.filter(
    ({ value, node }) => value.known.has(subject) && !value.running.has(subject) && !deadIds.has(node.id),
  );
  const elsewhere = [
    running.length > 0 ? `runs on ${countOf(running.length, 'node')}` : '',
    idle.length > 0
      ? `is set up but has no process of that name on ${nameNodes(
          idle.map((answer) => answer.node),
          6,
        )}`
      : '',
  ].filter((part) => part !== '');
  if (dead.length > 0) {
    return writeFaultReport({
      answers,
      sightings: dead,
      fault: `the service ${subject}${elsewhere.length > 0 ? ` ${elsewhere.join(', ')}, and` : ''} is dead`,
      inBrackets: () => '',
      healthy: () => '',
    });
  }
  const sentence =
    elsewhere.length > 0
      ? `No dead ${subject} was found; it ${elsewhere.join(' and ')}`
      : `${subject} was not found: none of the ${countOf(answers.answers.length, 'node')} that answered has a process, a pid file, an init script or a failed unit of that name`;
  const basis = elsewhere.length > 0 ? [...running, ...idle] : answers.answers;
  return {
    headline: `${sentence}.${silence(answers)}`,
    findings: [everyAnswer(sentence, basis)],
    notAnswered: answers.notAnswered,
  };
}

function readServices(result: StepResult): Reading<Services> {
  const sections = new Map<string, string[]>();
  for (const part of result.stdout.split(/^== /m).slice(1)) {
    const [title = '', ...lines] = part.split('\n');
    sections.set(
      title.trim(),
      lines.map((line) => line.trim()).filter((line) => line !== ''),
    );
  }
  const processes = new Map<number, string>();
  for (const line of sections.get('processes') ?? []) {
    const match = /^(\d+)\s+(\S+)\s+(.+)$/.exec(line);
    // A zombie has a number and a name, and does nothing any more.
    if (match && !match[2]?.startsWith('Z')) processes.set(Number(match[1]), match[3] ?? '');
  }
  const failed = sections.get('failed units');
  const scripts = sections.get('init scripts');
  const pidFiles = sections.get('pid files');
  if (processes.size === 0 || failed === undefined || scripts === undefined || pidFiles === undefined) {
    return { kind: 'unreadable', why: `did not list its processes (${firstLine(result.stderr) || 'no message'})` };
  }
  const first = processes.get(1);
  if (first === undefined) {
    return { kind: 'unreadable', why: 'hides the processes of other users, so a dead service looks like a hidden one' };
  }
  const running = new Set(processes.values());
  const statuses = scripts.flatMap((line) => {
    const match = /^\[ ([+?-]) \]\s+(\S+)$/.exec(line);
    return match ? [{ status: match[1] ?? '', service: match[2] ?? '' }] : [];
  });
  const named = pidFiles.map((pidFile) => ({ pidFile, name: pidFile.replace(/^.*\//, '').replace(/\.pid$/, '') }));
  const withoutSystemd = failed.at(-1) === 'no systemd';
  return {
    kind: 'read',
    value: {
      dead: statuses.flatMap(({ status, service }) => {
        const left = named.find(({ name }) => isSame(name, service));
        if (status !== '-' || left === undefined) return [];
        const lives = [...running].some((program) => isSame(program, service) || isSame(program, left.name));
        return lives ? [] : [{ service, pidFile: left.pidFile }];
      }),
      askedAsRoot: /^0\n/.test(result.stdout),
      failedUnits: withoutSystemd ? [] : failed.map((line) => line.replace(/^[●*×]\s*/, '').split(/\s+/)[0] ?? ''),
      running,
      known: new Set([...named.map(({ name }) => name), ...statuses.map(({ service }) => service)]),
    },
    ...(withoutSystemd && first === 'systemd'
      ? { partial: `could not ask systemd (${firstLine(result.stderr) || 'no message'})` }
      : {}),
  };
}

/** cron and crond, ssh and sshd; the kernel cuts the names of programs to 15 characters. */
function isSame(a: string, b: string): boolean {
  const bare = (name: string) => name.slice(0, 15).replace(/d$/, '');
  return bare(a) === bare(b);
}
