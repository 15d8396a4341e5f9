// Who listens on which port, and which ports are open where comparable nodes have none. Pure.
import type { Sighting } from '../analysis/group-sightings.ts';
import { countOf, nameNodes } from '../analysis/name-nodes.ts';
import { type Answer, type Answers, firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import { everyAnswer, nobodyAnswered, silence, writeFaultReport } from '../analysis/write-report.ts';
import type { Runbook, RunbookFinding, RunbookReport, StepResult } from '../runbook.ts';

interface Listener {
  protocol: 'tcp' | 'udp';
  port: number;
  /** Reachable from the node itself only. */
  loopback: boolean;
  /** null: the login may not see it. */
  program: string | null;
}

interface Listening {
  listeners: Listener[];
  /** What init or systemd knows by name. */
  services: Set<string>;
}

/** Ports from here on are given out at random (RPC, DNS clients): the program is what compares. */
const randomPortsFrom = 32_768;
const inventoryMax = 30;
/** A claim that rests on a comparison cites this many of the others. */
const comparedWithMax = 20;

export const listeningPorts: Runbook = {
  slug: 'listening-ports',
  title: 'Listening ports',
  description:
    'Lists the open ports and who listens on them, and names nodes that listen on a port which comparable nodes (same role) do not.',
  questions: [
    'Which ports are open?',
    'Who listens on 8080?',
    'Is anything listening on an unexpected port?',
    'Which nodes have an unusual open port?',
    'What is listening on web-07?',
    'Are there any rogue or suspicious listeners?',
    'Which process is bound to port 443?',
  ],
  keywords:
    'port ports listen listens listening listener listeners open socket sockets bind bound tcp udp ss netstat network exposed unexpected unusual unknown rogue suspicious backdoor 22 80 443 3306 5432 6379 8080',
  commands: [
    {
      step: 'ports',
      title: 'Listening sockets, and the names of services that are set up',
      command:
        "echo '== sockets'; ss -l -n -t -u -p || netstat -l -n -t -u -p; echo '== services'; ls /etc/init.d /etc/systemd/system /lib/systemd/system || echo 'not all of them exist'",
      comparesNodes: true,
    },
  ],
  analyse(observations, question = '') {
    const answers = readAnswers(observations, 'ports', readListening);
    if (answers.answers.length === 0) {
      return { headline: nobodyAnswered(answers), findings: [], notAnswered: answers.notAnswered };
    }
    const port = portIn(question);
    if (port !== null) return reportPort(port, answers);
    const sightings = deviations(answers);
    const report = writeFaultReport({
      answers,
      sightings,
      fault: 'a port is open that comparable nodes do not have open',
      inBrackets: (own) =>
        own
          .slice(0, 3)
          .map((sighting) => sighting.key)
          .join(', '),
      healthy: (scope) => `No port is open on ${scope} that comparable nodes do not have open`,
    });
    if (sightings.length === 0 && answers.answers.length + answers.peers.length < 2) {
      const sentence = `There was no other node to compare ${answers.answers[0]?.node.name} with, so whether one of its ports is unusual can not be said`;
      return {
        headline: `${sentence}.`,
        findings: [...inventory(answers.answers)],
        notAnswered: answers.notAnswered,
        isUncompared: true,
      };
    }
    const onlyDeviations =
      sightings.length > 0 &&
      /\b(unexpected|unusual|unknown|rogue|suspicious|strange|odd|weird|backdoor)/i.test(question);
    return onlyDeviations ? report : { ...report, findings: [...report.findings, ...inventory(answers.answers)] };
  },
};

function deviations({ answers, peers }: Answers<Listening>): Sighting[] {
  const everybody = [...answers, ...peers];
  const asked = new Set(answers.map(({ node }) => node.id));
  const groups = new Map<string, Array<Answer<Listening>>>();
  for (const answer of everybody) {
    const role = roleOf(answer);
    const group = groups.get(role);
    if (group) group.push(answer);
    else groups.set(role, [answer]);
  }
  const anywhere = new Map<string, number>();
  for (const answer of everybody) {
    for (const key of keysOf(answer)) anywhere.set(key, (anywhere.get(key) ?? 0) + 1);
  }
  return [...groups.values()].flatMap((group) => {
    const inGroup = new Map<string, number>();
    for (const answer of group) for (const key of keysOf(answer)) inGroup.set(key, (inGroup.get(key) ?? 0) + 1);
    return group.flatMap((answer) => {
      if (!asked.has(answer.node.id)) return [];
      const seen = new Set<string>();
      return answer.value.listeners.flatMap((listener): Sighting[] => {
        const key = keyOf(listener);
        if (listener.loopback || seen.has(key)) return [];
        const isService = listener.program !== null && isSetUp(listener.program, answer.value.services);
        const withIt = inGroup.get(key) ?? 0;
        // With two to compare, one of them may just have lost its service: a port of a known service is not odd then.
        const odd =
          group.length >= 3
            ? withIt * 3 <= group.length
            : anywhere.get(key) === 1 && listener.program !== null && !isService;
        if (!odd) return [];
        seen.add(key);
        const others = group.length - withIt;
        return [
          {
            node: answer.node,
            executionIds: [
              answer.executionId,
              ...(group.length >= 3
                ? group.flatMap((peer) => (peer === answer ? [] : [peer.executionId])).slice(0, comparedWithMax)
                : []),
            ],
            severity: 'warning',
            weight: group.length - withIt,
            claim: `${nameOf(listener)} is open on ${answer.node.name}${
              others > 0
                ? ` and not on ${peers.length > 0 ? '' : 'the '}${countOf(others, 'other node')} of its kind`
                : ''
            }${isService || listener.program === null ? '' : `; no service is set up under the name ${listener.program}`}`,
            key: nameOf(listener),
            shared: `${nameOf(listener)} is open where most nodes of the kind do not have it open,`,
          },
        ];
      });
    });
  });
}

function reportPort(port: number, answers: Answers<Listening>): RunbookReport {
  const withIt = answers.answers.filter(({ value }) => value.listeners.some((listener) => listener.port === port));
  if (withIt.length === 0) {
    const sentence = `Nothing listens on port ${port} on the ${countOf(answers.answers.length, 'node')} that answered`;
    return {
      headline: `${sentence}.${silence(answers)}`,
      findings: [everyAnswer(sentence, answers.answers)],
      notAnswered: answers.notAnswered,
    };
  }
  const programs = new Map<string, Array<Answer<Listening>>>();
  for (const answer of withIt) {
    const names = answer.value.listeners
      .filter((listener) => listener.port === port)
      .map((listener) => `${nameOf(listener)}${listener.loopback ? ' on loopback only' : ''}`);
    for (const name of new Set(names)) programs.set(name, [...(programs.get(name) ?? []), answer]);
  }
  const list = [...programs].map(([name, members]) => `${name} on ${nameNodes(nodesOf(members), 12)}`);
  return {
    headline: `${withIt.length} of ${countOf(answers.asked, 'node')} listen${withIt.length === 1 ? 's' : ''} on port ${port}: ${list.slice(0, 6).join('; ')}${list.length > 6 ? '; and others' : ''}.${silence(answers)}`,
    findings: [...programs].map(([name, members]) =>
      everyAnswer(`${name} is open on ${nameNodes(nodesOf(members), 30)}`, members),
    ),
    notAnswered: answers.notAnswered,
  };
}

function inventory(answers: ReadonlyArray<Answer<Listening>>): RunbookFinding[] {
  const open = new Map<string, Array<Answer<Listening>>>();
  for (const answer of answers) {
    for (const name of new Set(answer.value.listeners.filter((l) => !l.loopback).map(nameOf))) {
      open.set(name, [...(open.get(name) ?? []), answer]);
    }
  }
  return [...open]
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, inventoryMax)
    .map(([name, members]) =>
      everyAnswer(
        members.length === answers.length && members.length > 1
          ? `${name} is open on all ${countOf(members.length, 'node')} that answered`
          : `${name} is open on ${nameNodes(nodesOf(members), 12)}`,
        members,
      ),
    );
}

/** A number in the question that isn't part of a node's name. */
function portIn(question: string): number | null {
  for (const [, digits] of question.matchAll(/(?<![\w.-])(\d{1,5})(?![\w-]|\.\d)/g)) {
    const port = Number(digits);
    if (port >= 1 && port <= 65_535) return port;
  }
  return null;
}

/** cron and crond, ssh and sshd. */
function isSetUp(program: string, services: ReadonlySet<string>): boolean {
  return services.has(program) || services.has(`${program}d`) || services.has(program.replace(/d$/, ''));
}

function roleOf({ node, labels }: Answer<Listening>): string {
  return labels.role ?? node.name.replace(/\..*$/, '').replace(/[-_]?\d+$/, '');
}

function keysOf({ value }: Answer<Listening>): Set<string> {
  return new Set(value.listeners.filter((listener) => !listener.loopback).map(keyOf));
}

function keyOf({ protocol, port, program }: Listener): string {
  return port < randomPortsFrom ? `${protocol} ${port}` : `${protocol} ${program ?? 'random port'}`;
}

function nameOf({ protocol, port, program }: Listener): string {
  return `${port}/${protocol}${program === null ? '' : ` ${program}`}`;
}

function nodesOf(members: ReadonlyArray<Answer<Listening>>) {
  return members.map((member) => member.node);
}

function readListening(result: StepResult): Reading<Listening> {
  const [, sockets = '', services = ''] = result.stdout.split(/^== \w+$/m);
  if (!/^(Netid|Proto)\s/m.test(sockets) || services === '') {
    return { kind: 'unreadable', why: `did not list its sockets (${firstLine(result.stderr) || 'no message'})` };
  }
  const listeners = sockets.split('\n').flatMap((line): Listener[] => {
    const columns = line.trim().split(/\s+/);
    const protocol = /^(tcp|udp)6?$/.exec(columns[0] ?? '')?.[1] as Listener['protocol'] | undefined;
    if (protocol === undefined) return [];
    // ss: netid state recv-q send-q local peer process. netstat: proto recv-q send-q local peer [state] pid/program.
    const isNetstat = /^\d+$/.test(columns[1] ?? '');
    const local = columns[isNetstat ? 3 : 4] ?? '';
    const port = Number(/:(\d+)$/.exec(local)?.[1]);
    if (!Number.isInteger(port)) return [];
    const address = local.slice(0, local.lastIndexOf(':'));
    return [
      {
        protocol,
        port,
        loopback: /^(127\.|\[?::1\]?$|\[::ffff:127\.)/.test(address),
        program: (isNetstat ? /\s\d+\/([^\s:]+)/.exec(line) : /users:\(\("([^"]+)"/.exec(line))?.[1] ?? null,
      },
    ];
  });
  return {
    kind: 'read',
    value: {
      listeners,
      services: new Set(
        services
          .split('\n')
          .map((line) => line.trim().replace(/@?\.(service|socket)$/, ''))
          .filter((line) => line !== ''),
      ),
    },
  };
}
