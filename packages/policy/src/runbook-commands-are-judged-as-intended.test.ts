// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is shell, not a template
import { beforeAll, expect, test } from 'vitest';
import { evaluateCommand } from './evaluate-command.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';

let parser: ShellParser;
beforeAll(async () => {
  parser = await loadBashParser();
});

test.each([
  'df -P -k',
  'df -P -i',
  'ps -eo pid,ppid,user,pcpu,pmem,rss,etimes,comm,args --sort=-pcpu',
  'ps -eo pid,ppid,user,pcpu,pmem,rss,etimes,comm,args --sort=-rss | head -n 20',
  'ss -lntup',
  'for f in /etc/nginx/ssl/*.pem; do echo "$f"; openssl x509 -in "$f" -noout -enddate -subject; done',
  'service --status-all',
  'for s in nginx cron sshd; do echo "$s"; service $s status; done',
  'uname -r',
  'uname -a',
  'cat /etc/os-release',
  "dpkg-query -W -f '${Package} ${Version}\\n' openssl",
  'openssl version',
  'hostname',
  'sleep 1',
  'uptime; free -m; cat /proc/loadavg',
])('%s runs in sh without a person', (command) => {
  expect(evaluateCommand(parser, command)).toMatchObject({ decision: 'allow', shell: 'sh' });
});

test.each([
  ['mkdir /tmp/x', 'writes', 'needs approval because `mkdir` makes directories'],
  ['systemctl restart nginx', 'controls_service', 'needs approval because `systemctl restart` controls a service'],
  ['rm -rf /srv', 'deletes', 'needs approval because `rm` deletes'],
  ['find /tmp -delete', 'deletes', 'needs approval because `find -delete` deletes files'],
  ['apt-get install nginx', 'installs', undefined],
  ['useradd x', 'changes_users', 'needs approval because `useradd` adds an account'],
  ['sudo ls', 'privilege', 'needs approval because `sudo` runs something as another user or elsewhere'],
  ['curl http://example.com', 'network', 'needs approval because `curl` talks to other machines'],
  ['curl http://169.254.169.254/', 'reads_secret', undefined],
  ['cat /etc/shadow', 'reads_secret', 'needs approval because `cat`: `/etc/shadow` may hold a secret'],
  ['ls > /tmp/x', 'writes', 'needs approval because a redirection writes a file'],
  ['hostname web-01', 'writes', 'needs approval because `hostname web-01` is not in the read-only catalogue'],
  ['sh -c ls', 'unknown', 'needs approval because `sh` is an interpreter: what it runs can not be judged'],
  ['no-such-tool', 'unknown', 'needs approval because `no-such-tool` is not in the read-only catalogue: it may write'],
])('%s is asked about as %s', (command, kind, reason) => {
  const { decision, effects, reasons } = evaluateCommand(parser, command);
  expect(decision).toBe('require_approval');
  expect(effects.map((effect) => effect.kind)).toContain(kind);
  if (reason !== undefined) expect(reasons[0]).toBe(reason);
});

test('an effect points at the piece of text that causes it, in UTF-16 units', () => {
  const command = "echo '🙂'; ls -l && rm /tmp/x 2>/dev/null | cat";
  const { effects } = evaluateCommand(parser, command);
  const pieces = effects.map(({ kind, start, end }) => [kind, command.slice(start, end)]);
  expect(pieces).toEqual([
    ['reads', "echo '🙂'"],
    ['reads', 'ls -l'],
    ['deletes', 'rm /tmp/x 2>/dev/null'],
    ['reads', 'cat'],
  ]);
});

test('the most serious reason comes first', () => {
  const { reasons } = evaluateCommand(parser, 'curl x; touch y; rm z');
  expect(reasons[0]).toContain('`rm`');
  expect(reasons.at(-1)).toContain('`curl`');
});

test.each([
  ['ls &>/dev/null', 'bash'],
  ['for i in {1..3}; do uptime; done', 'bash'],
  ['[[ -f /etc/hosts ]] && echo yes', 'bash'],
  ['rm -rf {a,b}', 'bash'],
  ["echo $'x'", 'bash'],
  ['diff <(ls) x', 'bash'],
  ['cat <<< x', 'bash'],
  ['a=(1 2); rm x', 'bash'],
  ['function f { ls; }', 'bash'],
  ['ls |& cat', 'bash'],
  ['((x = 1))', 'bash'],
  ['source /x', 'bash'],
  ['echo ${x//a/b}', 'bash'],
  ['rm x', 'sh'],
  ['. /x', 'sh'],
  ['f() { ls; }', 'sh'],
  ['cat <<EOF\nx\nEOF', 'sh'],
  ['echo ${x:-y}', 'sh'],
  ['systemctl restart nginx', 'sh'],
  ["sed -i 's/a/b/' x", 'sh'],
])('%s belongs to %s', (command, shell) => {
  expect(evaluateCommand(parser, command).shell).toBe(shell);
});

test('a reason never carries a character that could deceive its reader', () => {
  const { reasons } = evaluateCommand(parser, '\'\u0441at\' "a\u0440\nb"; l\u0455');
  expect(reasons.join('\n')).toMatch(/^[\x20-\x7e\n…]*$/);
});
