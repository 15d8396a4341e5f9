// Which version of a package each node has; without a package in the question, which nodes lag behind the others. Pure.
import { compareVersions } from '../analysis/compare-versions.ts';
import type { Sighting } from '../analysis/group-sightings.ts';
import { countOf, nameNodes } from '../analysis/name-nodes.ts';
import { type Answer, type Answers, firstLine, type Reading, readAnswers } from '../analysis/read-answers.ts';
import {
  everyAnswer,
  groupByValue,
  type InventoryGroup,
  nobodyAnswered,
  silence,
  writeFaultReport,
  writeInventoryReport,
} from '../analysis/write-report.ts';
import type { Runbook, RunbookReport, StepResult } from '../runbook.ts';

type Packages = ReadonlyMap<string, string>;

/** What people call it, and what packages call it; the first one that is installed anywhere is meant. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  ssl: ['openssl', 'libssl3'],
  libssl: ['libssl3', 'libssl3t64', 'libssl1.1', 'openssl-libs'],
  ssh: ['openssh-server'],
  sshd: ['openssh-server'],
  openssh: ['openssh-server'],
  apache: ['apache2', 'httpd'],
  postgres: ['postgresql', 'postgresql-server'],
  mysql: ['mysql-server', 'default-mysql-server'],
  mariadb: ['mariadb-server'],
  redis: ['redis-server', 'redis'],
  glibc: ['libc6', 'glibc'],
  libc: ['libc6', 'glibc'],
  docker: ['docker-ce', 'docker.io'],
  python: ['python3'],
  node: ['nodejs'],
  java: ['default-jre-headless', 'openjdk-17-jre-headless'],
};

export const packageVersions: Runbook = {
  slug: 'package-versions',
  title: 'Package versions',
  description:
    'Lists the installed version of the package that the question names; otherwise names nodes that have an older version of a package than other nodes of the same release.',
  questions: [
    'Which nodes still run the old OpenSSL?',
    'What version of openssh is installed?',
    'Is the C library patched everywhere?',
    'Which version of nginx do we have?',
    'Are any packages out of date compared with the other nodes?',
    'Which nodes have an outdated package?',
    'Is curl installed?',
  ],
  keywords:
    'package packages version versions installed install software dpkg rpm apt yum dnf deb outdated out of date older missing latest security patched unpatched lag lags lagging behind pkg pkgs patch upgrade update vulnerable cve openssl libssl openssh ssh bash curl glibc libc nginx apache python java drift',
  commands: [
    {
      step: 'packages',
      title: 'Installed packages and their versions',
      command:
        // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own fields
        "dpkg-query -W -f='${db:Status-Abbrev} ${Package} ${Version}\\n' || rpm -qa --qf 'ii %{NAME} %{VERSION}-%{RELEASE}\\n'",
      comparesNodes: true,
    },
  ],
  analyse(observations, question = '') {
    const answers = readAnswers(observations, 'packages', readPackages);
    if (answers.answers.length === 0) {
      return { headline: nobodyAnswered(answers), findings: [], notAnswered: answers.notAnswered };
    }
    const name = packageIn(question, answers.answers);
    return name === null ? reportLag(answers) : reportPackage(name, answers, question);
  },
};

function reportPackage(name: string, answers: Answers<Packages>, question: string): RunbookReport {
  const installed = { ...answers, answers: answers.answers.filter(({ value }) => value.has(name)) };
  const without = answers.answers.filter(({ value }) => !value.has(name));
  if (installed.answers.length === 0) {
    const [only] = answers.answers;
    const where =
      answers.answers.length === 1
        ? only?.node.name
        : `any of the ${countOf(answers.answers.length, 'node')} that answered`;
    const sentence = `${name} is not installed on ${where}`;
    return {
      headline: `${sentence}.${silence(answers)}`,
      findings: [everyAnswer(sentence, answers.answers)],
      notAnswered: answers.notAnswered,
    };
  }
  const versions = groupByValue(installed, (packages) => packages.get(name) ?? '').sort((a, b) =>
    compareVersions(b.value, a.value),
  );
  const [newest, ...older] = versions;
  const report = writeInventoryReport({
    answers: installed,
    groups: versions.map((group) => ({ ...group, value: `${name} ${group.value}` })),
    verb: 'have',
  });
  const absent =
    without.length > 0
      ? ` ${countOf(without.length, 'node')} ${without.length === 1 ? 'does' : 'do'} not have it.`
      : '';
  if (newest === undefined || older.length === 0) {
    const isAskedForOld = /\b(?:old|older|outdated|behind|lag\w*|same|patched|differ\w*)\b/i.test(question);
    const alike = isAskedForOld && installed.answers.length > 1 ? ' None of them is older than another.' : '';
    const silent = silence(answers);
    return {
      ...report,
      headline: `${report.headline.slice(0, report.headline.length - silent.length)}${alike}${absent}${silent}`,
    };
  }
  const lagging = older.flatMap((group) => group.nodes);
  const list = older.map((group) => `${group.value} on ${nameNodes(group.nodes, 6)}`).slice(0, 6);
  return {
    headline: `${countOf(lagging.length, 'node')} ${lagging.length === 1 ? 'has' : 'have'} an older ${name}: ${list.join('; ')}${older.length > 6 ? '; and others' : ''}. ${countOf(newest.nodes.length, 'node')} ${newest.nodes.length === 1 ? 'has' : 'have'} ${newest.value}.${absent}${silence(answers)}`,
    findings: [
      ...older.map((group) => lagOf(name, group, newest)),
      ...report.findings.filter((finding) => finding.executionIds[0] === newest.executionIds[0]),
    ],
    notAnswered: answers.notAnswered,
  };
}

function lagOf(name: string, group: InventoryGroup, newest: InventoryGroup) {
  return {
    claim: `${name} is ${group.value} on ${nameNodes(group.nodes, 20)}, older than ${newest.value} on ${countOf(newest.nodes.length, 'other node')}`,
    severity: 'warning' as const,
    nodes: [...group.nodes],
    executionIds: [...group.executionIds],
  };
}

/** Compares nodes of the same release only: another release has other versions of everything. */
function reportLag(answers: Answers<Packages>): RunbookReport {
  const families = new Map<string, Array<Answer<Packages>>>();
  for (const answer of [...answers.answers, ...answers.peers]) {
    const family = familyOf(answer.value);
    const members = families.get(family);
    if (members) members.push(answer);
    else families.set(family, [answer]);
  }
  const asked = new Set(answers.answers.map(({ node }) => node.id));
  const sightings: Sighting[] = [];
  let isCompared = false;
  for (const members of families.values()) {
    if (members.length > 1 && members.some(({ node }) => asked.has(node.id))) isCompared = true;
    for (const [name, newest] of newestOf(members)) {
      for (const { node, executionId, value } of members) {
        const version = value.get(name);
        if (!asked.has(node.id) || version === undefined || compareVersions(version, newest.version) >= 0) continue;
        const others = newest.seen.reduce((sum, { count }) => sum + count, -1);
        const newer = newest.seen.reduce(
          (sum, seen) => sum + (compareVersions(seen.version, version) > 0 ? seen.count : 0),
          0,
        );
        // A first node with a new version makes no fault of what all the others have.
        const isBehind = newer * 2 >= others;
        sightings.push({
          node,
          executionIds: [executionId, newest.executionId],
          severity: isBehind ? 'warning' : 'info',
          weight: newer,
          claim: `${name} on ${node.name} is ${version}, ${isBehind ? 'others have' : `${newer} of ${countOf(others, 'other')} ${newer === 1 ? 'has' : 'have'}`} ${newest.version}`,
          key: `${name} ${version}`,
          shared: `${name} is ${version} where others have ${newest.version}`,
        });
      }
    }
  }
  if (!isCompared) {
    const sentence = `There was no other node of the same release to compare ${nameNodes(
      answers.answers.map(({ node }) => node),
      4,
    )} with, so whether a package lags behind can not be said`;
    return {
      headline: `${sentence}.${silence(answers)}`,
      findings: [],
      notAnswered: answers.notAnswered,
      isUncompared: true,
    };
  }
  return writeFaultReport({
    answers,
    sightings,
    fault: 'a package is older than elsewhere',
    inBrackets: (own) =>
      `${own
        .slice(0, 2)
        .map((sighting) => sighting.key)
        .join(', ')}${own.length > 2 ? ` and ${own.length - 2} more` : ''}`,
    healthy: (scope) => `No package is older on ${scope} than on another node of the same release`,
  });
}

interface Newest {
  version: string;
  /** Where it was seen. */
  executionId: string;
  /** Every version, and how many nodes have it. */
  seen: Array<{ version: string; count: number }>;
}

function newestOf(members: ReadonlyArray<Answer<Packages>>): Map<string, Newest> {
  const newest = new Map<string, Newest>();
  for (const { value, executionId } of members) {
    for (const [name, version] of value) {
      const known = newest.get(name);
      if (known === undefined) {
        newest.set(name, { version, executionId, seen: [{ version, count: 1 }] });
        continue;
      }
      const same = known.seen.find((seen) => seen.version === version);
      if (same === undefined) known.seen.push({ version, count: 1 });
      else same.count += 1;
      if (compareVersions(version, known.version) > 0) Object.assign(known, { version, executionId });
    }
  }
  return newest;
}

function familyOf(packages: Packages): string {
  const debian = /^\d+/.exec(packages.get('base-files') ?? '');
  if (debian) return `debian ${debian[0]}`;
  return /\.((?:el|fc|amzn)\d+)/.exec(packages.get('bash') ?? '')?.[1] ?? 'unknown';
}

/** Words that are package names too, but seldom meant as such. */
const ordinaryWords = new Set(
  'which what where when who whom how is are was do does did have has had run runs running still old older new newer the a an and or of on in at to for with from all any every each other others installed install version versions package packages node nodes server servers host hosts box boxes machine machines our we us it its there here file time date login base than more less most out update upgrade patched patch'.split(
    ' ',
  ),
);

/** The package that the question names: exactly, by what people call it, or as the beginning of one package's name. */
function packageIn(question: string, answers: ReadonlyArray<Answer<Packages>>): string | null {
  const words = (question.toLowerCase().match(/[a-z0-9][a-z0-9+._-]*[a-z0-9+]/g) ?? []).filter(
    (word) => !ordinaryWords.has(word),
  );
  const nodeNames = new Set(answers.map(({ node }) => node.name.toLowerCase()));
  const isInstalled = (name: string) => answers.some(({ value }) => value.has(name));
  for (const word of words) {
    if (nodeNames.has(word)) continue;
    const meant = [
      ...(isInstalled(word) ? [word] : []),
      ...(Object.hasOwn(aliases, word) ? (aliases[word] ?? []) : []),
    ];
    const found = meant.find(isInstalled);
    if (found !== undefined) return found;
  }
  // "Is nginx installed?" has an answer even where nobody has it.
  const asksForPresence =
    /\b(?:is|has|have|version of|which)\s+(?:the\s+)?([a-z0-9+._-]+)\s+(?:installed|patched)/.exec(
      question.toLowerCase(),
    );
  const presence = asksForPresence?.[1];
  return presence !== undefined && !ordinaryWords.has(presence) ? (aliases[presence]?.[0] ?? presence) : null;
}

function readPackages(result: StepResult): Reading<Packages> {
  const packages = new Map<string, string>();
  for (const line of result.stdout.split('\n')) {
    // "ii" is installed; what was removed but left its configuration is "rc".
    const match = /^[ih]i\s+(\S+)\s+(\S+)$/.exec(line.trim());
    if (!match) continue;
    const [, name = '', version = ''] = match;
    const known = packages.get(name);
    if (known === undefined || compareVersions(version, known) > 0) packages.set(name, version);
  }
  return packages.size > 0
    ? { kind: 'read', value: packages }
    : { kind: 'unreadable', why: `listed no packages (${firstLine(result.stderr) || 'no message'})` };
}
