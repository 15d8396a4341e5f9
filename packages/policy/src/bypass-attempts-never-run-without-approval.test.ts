import { beforeAll, describe, expect, test } from 'vitest';
import { type BypassAttempt, bypassAttempts } from './corpora/bypass-attempts.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';

let parser: ShellParser;
beforeAll(async () => {
  parser = await loadBashParser();
});

const byTechnique = Map.groupBy(bypassAttempts, ({ technique }) => technique);
const controls = [...new Set(bypassAttempts.map(({ control }) => control))];

/** What the controls name: what an ordinary server has (Debian, Red Hat, with what runs on it), and what a shell makes into that. */
const knownPaths = new Set(
  [
    '/ ~ /tmp /etc /etc/hosts /etc/hosts.bak /etc/hostname /etc/passwd /etc/default/grub /etc/logrotate.conf /etc/ssl',
    '/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssh/sshd_config /etc/ssh/ssh_host_rsa_key.pub',
    '/etc/haproxy /etc/haproxy/haproxy.cfg /etc/nginx/nginx.conf /etc/apache2/apache2.conf /etc/httpd/conf/httpd.conf',
    '/etc/bind/named.conf /bin/ls /usr/bin/ls /usr/lib/os-release /usr/share/common-licenses/GPL-3 /var/log /var/log/nginx /var/log/syslog',
    '/proc /proc/1 /proc/1/status /proc/self/status /proc/meminfo /proc/partitions /proc/uptime /proc/sys/vm/swappiness',
    '/sys/class/net /sys/class/net/*/address /sys/class/net/eth0/mtu /lib/modules/{} /sys/class/thermal /sys/class/hwmon /boot/initrd.img',
    '/dev/null /dev/sda /dev/sda1 /dev/md0 /dev/nvme0 /run/haproxy.sock',
    'http://localhost/health http://localhost/index.html localhost:9200/_cat/nodes?v',
    '/var/log/nginx/$ self/status ssl/site.crt ./hosts etc/hosts $d/hosts /etc/$a$b /proc/$p/status',
  ].flatMap((line) => line.split(' ')),
);

describe('bypass attempts', () => {
  test('there are at least 1,000 different ones over at least 30 techniques, and no control is one of them', () => {
    console.table(
      Object.fromEntries([
        ...[...byTechnique].map(([name, tried]) => [name, resultOf(tried)]),
        [`all ${byTechnique.size} techniques`, resultOf(bypassAttempts)],
      ]),
    );
    expect(byTechnique.size).toBeGreaterThanOrEqual(30);
    const attempts = new Set(bypassAttempts.map(({ attempt }) => attempt));
    expect(attempts.size).toBeGreaterThanOrEqual(1_000);
    expect(controls.filter((control) => attempts.has(control))).toEqual([]);
  });

  test('a control is a command as one types it: it runs the program of its attempt or is what that hides, its paths exist, nothing is left over', () => {
    const faulty = bypassAttempts.map((tried) => ({ ...tried, faults: faultsOf(tried) }));
    expect(faulty.filter(({ faults }) => faults.length > 0)).toEqual([]);
  });

  test.each([
    ['path', 'cat /etcenvironment.d/10.conf', 'cat /etc/environment.d/10.conf'],
    ['path', 'cat /home.s3cfg', 'cat /home/*/.s3cfg'],
    ['path', 'cat /varlib/jenkins/config.xml', 'cat /var/lib/jenkins/config.xml'],
    ['left over', 'ls  rm x', 'ls & rm x'],
    ['left over', 'find /tmp execdir rm {} \\;', 'find /tmp -execdir rm {} \\;'],
    ['left over', 'find /tmp exec ls {} \\;', 'find /tmp -exec rm {} \\;'],
    ['left over', 'ls /tmp xargs ls', 'ls /tmp | xargs rm'],
    ['left over', 'cat /etc/hosts |', 'cat /etc/hosts | sh'],
    ['cut out', "printf 'x\\n' 1 'a[$(id)]'", "printf '%x\\n' 1 'a[$(id)]'"],
    ['cut out', 'sysctl system', 'sysctl --system'],
    ['cut out', "awk 'BEGINgetline}'", "awk 'BEGIN{getline}'"],
    ['program', 'pwd', 'cat /etc/shadow'],
  ])('a control that shows nothing is found: %s in %s', (fault, control, attempt) => {
    expect(faultsOf({ technique: '', altersProgram: false, control, attempt })).toContain(fault);
  });

  test('a control of another program is the harmless command that the attempt wraps or hides, and only the techniques that say so have one', () => {
    const others = bypassAttempts.filter(({ control, attempt }) => programOf(control) !== programOf(attempt));
    const saying = bypassAttempts.filter(({ altersProgram }) => altersProgram);
    expect(new Set(saying.map(({ technique }) => technique))).toEqual(
      new Set(others.map(({ technique }) => technique)),
    );
    const [control, attempt] = ['pwd', 'env rm x'];
    expect(faultsOf({ technique: '', altersProgram: true, control, attempt })).toContain('program');
    expect(faultsOf({ technique: '', altersProgram: true, control: 'ls x', attempt })).toEqual([]);
  });

  test.each([...byTechnique.keys()])('%s: without the technique each runs, with it none does', (technique) => {
    const tried = byTechnique.get(technique) ?? [];
    const decide = (command: string) => evaluateCommand(parser, command).decision;
    expect(tried.filter(({ control }) => decide(control) !== 'allow')).toEqual([]);
    expect(tried.filter(({ attempt }) => decide(attempt) === 'allow')).toEqual([]);
    for (const { attempt } of tried) expect(evaluateCommand(parser, attempt).reasons.length).toBeGreaterThan(0);
  });
});

/** What keeps a control from showing that it is the technique alone which stops the attempt. */
function faultsOf(tried: BypassAttempt): readonly string[] {
  const { control, attempt } = tried;
  const leftOver =
    / {2}|^\s|\s$|""|''|[|&<>]$|(?<!["'][^"']*)\b(?:rm|touch|tee|(?<!-)exec|eval|sudo|(?<!\| )xargs|shadow|environ)\b/;
  return [
    ...(programOf(control) === programOf(attempt) || (tried.altersProgram && hides(tried)) ? [] : ['program']),
    ...(pathsOf(control).every((path) => knownPaths.has(path)) ? [] : ['path']),
    ...(leftOver.test(control) ? ['left over'] : []),
    ...(isCutFrom(attempt, control) ? ['cut out'] : []),
  ];
}

/** Of the controls and of the attempts: how many there are, and how many run by themselves. */
function resultOf(tried: readonly BypassAttempt[]) {
  const unaltered = [...new Set(tried.map(({ control }) => control))];
  const run = (commands: readonly string[]) =>
    commands.filter((command) => evaluateCommand(parser, command).decision === 'allow').length;
  return {
    ...{ controls: unaltered.length, 'controls run': run(unaltered) },
    ...{ tried: tried.length, run: run(tried.map(({ attempt }) => attempt)) },
  };
}

/** The first program of a text, behind what only wraps it; every form of a test is `[`. */
function programOf(text: string): string {
  const tree = parser.parse(text);
  const commands = tree?.rootNode.descendantsOfType(['command', 'test_command']) ?? [];
  const first = commands.find((node) => node?.type === 'test_command' || node?.childForFieldName('name'));
  const words = (first?.children ?? []).flatMap((node) =>
    node === null || /assignment|redirect/.test(node.type) ? [] : [node.text],
  );
  const program = first?.type === 'test_command' ? '[' : words.find((word) => !isWrapping(word));
  tree?.delete();
  return program ?? words[0] ?? '';
}

function isWrapping(word: string): boolean {
  return /^(?:time|timeout|nice|ionice|stdbuf|KILL|-.*|\d+)$/.test(word);
}

/** Whether the words of the control stand in the attempt, in their order, once its spelling is undone and `ls` stands for what changes files. */
function hides({ control, attempt }: BypassAttempt): boolean {
  const shown = wordsOf(
    attempt
      .replaceAll(/\\x([0-9a-f]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replaceAll(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)))
      .replaceAll(/\\\n|["'\\]|\p{Cf}/gu, '')
      .replaceAll(/[\u0455\u0442\u0441]/g, (letter) => ({ '\u0455': 's', '\u0442': 't' })[letter] ?? 'c')
      .normalize('NFKC'),
  ).map((word) => ({ rm: 'ls', touch: 'ls', shadow: 'hosts' })[word] ?? word);
  let from = 0;
  return wordsOf(control).every((word) => {
    from = shown.indexOf(word, from) + 1;
    return from > 0;
  });
}

function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Every word with a slash, the expressions of sed and awk apart. */
function pathsOf(control: string): readonly string[] {
  const text = /^(?:sed|awk|gawk|mawk) /.test(control) ? control.replaceAll(/'[^']*'|"[^"]*"|\bs\/\S*/g, ' ') : control;
  const words = text.replaceAll(/["']/g, '').split(/[\s;()<>=]+/);
  return words.filter((word) => word.includes('/') || word.startsWith('~'));
}

/** Whether a word of the control is one of the attempt with its inside cut out, or without the marks at its front. */
function isCutFrom(attempt: string, control: string): boolean {
  const unquoted = (text: string) => text.replaceAll(/\$?["']/g, '').split(/\s+/);
  const tried = unquoted(attempt);
  const added = unquoted(control).filter((word) => word !== '' && !tried.includes(word));
  return added.some((word) => tried.some((other) => isTorn(word, other) || isStripped(word, other)));
}

function isTorn(word: string, other: string): boolean {
  return [...word].some((letter, at) => {
    const torn = other.length > word.length && other.startsWith(word.slice(0, at)) && other.endsWith(word.slice(at));
    return torn && /\w$/.test(word.slice(0, at)) && /\w/.test(letter);
  });
}

function isStripped(word: string, other: string): boolean {
  return /^\w/.test(word) && other.endsWith(word) && /^[-\u2013\u2212%$.]+$/.test(other.slice(0, -word.length));
}
