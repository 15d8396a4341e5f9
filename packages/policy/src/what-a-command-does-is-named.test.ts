import { beforeAll, expect, test } from 'vitest';
import { evaluateCommand } from './evaluate-command.ts';
import { onlyReadsOrAsks } from './explain/finding.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';

let parser: ShellParser;
beforeAll(async () => {
  parser = await loadBashParser();
});

/** `asks`: it runs alone when a person wrote it. */
test.each([
  ['ping -c 3 10.0.0.1', true],
  ['timeout 5 ping -c 3 10.0.0.1 2>&1 | tail -2', true],
  ['for h in web-01 web-02; do ping -c 1 $h; done', true],
  ['h=web-01; ping -c 1 $h', true],
  ['dig @10.0.0.53 +short web-01.example.com A', true],
  ['nc -zv -w 3 10.0.0.1 22 443', true],
  ['curl -sS -m 3 -o /dev/null -w "%{http_code} %{time_total}s\\n" http://localhost:8080/health', true],
  ["curl -sI -H 'Host: shop.example.com' http://127.0.0.1/", true],
  ['resolvectl query web-01.example.com', true],
  ['ping -c 1 10.0.0.$(id -u)', false],
  ['for p in 22 $(id -u); do nc -z web-01 $p; done', false],
  ['while read -r line; do nc -z web-01 22; done < /var/log/syslog', false],
  ['for file in $(find /srv); do nc -z web-01 22; done', false],
  ['for n in {1..20}; do ping -c 1 10.0.0.$n; done', true],
  ['ping -c 1 ~', false],
  ['ping -c 3 10.0.0.1; ping 10.0.0.1', false],
  ['systemctl restart nginx', false],
])('%s asks and nothing else: %s', (command, asks) => {
  const { effects, decision } = evaluateCommand(parser, command);
  expect(effects.every(onlyReadsOrAsks)).toBe(asks);
  expect(decision).toBe(asks ? 'allow' : 'require_approval');
});

test('curl tells its version without asking anybody', () => {
  expect(evaluateCommand(parser, 'curl --version').effects).toMatchObject([{ kind: 'reads' }]);
});

/** `described`: every argument is, so that a rule may let it run. */
test.each([
  ['systemctl status nginx', 'reads', 'described'],
  ['systemctl restart nginx', 'controls_service', 'described'],
  ['systemctl -H root@other restart nginx', 'controls_service', 'presumed'],
  ['systemctl enable /tmp/evil.service', 'controls_service', 'presumed'],
  ['journalctl -u nginx -n 50', 'reads', 'described'],
  ['journalctl --vacuum-size=1G', 'deletes', 'described'],
  ['sed -n 1,5p /etc/hosts', 'reads', 'described'],
  ['sed -i s/a/b/ /etc/hosts', 'writes', 'presumed'],
  ["sed -n 'w /tmp/x' /etc/hosts", 'writes', 'presumed'],
  ['find /var -name x', 'reads', 'described'],
  ['find /var -exec rm {} +', 'deletes', 'presumed'],
  ['find /var -delete', 'deletes', 'presumed'],
  ['find /var -fprintf /tmp/x %p', 'writes', 'presumed'],
  ['rm -rf /var/tmp/x', 'deletes', 'described'],
  ['chmod 640 /srv/x', 'writes', 'described'],
  ['chmod u+s /bin/bash', 'writes', 'presumed'],
  ['useradd -m -s /bin/bash bob', 'changes_users', 'described'],
  ['useradd -o -u 0 bob', 'changes_users', 'presumed'],
  ['apt-get install -y nginx', 'installs', 'described'],
  ['apt-get install -y ./evil.deb', 'installs', 'presumed'],
  ['apt-get -o APT::Update::Pre-Invoke::=x update', 'installs', 'presumed'],
  ['yum -y install nginx', 'installs', 'described'],
  ['dnf install evil.rpm', 'installs', 'presumed'],
  ['docker restart web', 'controls_service', 'described'],
  ['docker exec web sh', 'controls_service', 'presumed'],
  ['service nginx restart', 'controls_service', 'described'],
  ['service nginx status', 'reads', 'described'],
  ['kill -9 4711', 'controls_service', 'described'],
  ['ping -c 3 10.0.0.1', 'network', 'described'],
  ['ping 10.0.0.1', 'network', 'presumed'],
  ['curl https://example.org', 'network', 'presumed'],
  ['sudo systemctl restart nginx', 'privilege', 'presumed'],
  ['cat /etc/shadow', 'reads_secret', 'presumed'],
  ['cat /root/.ssh/id_rsa', 'reads_secret', 'presumed'],
  ['cat /proc/1/environ', 'reads_secret', 'presumed'],
  ['frobnicate', 'unknown', 'presumed'],
] as const)('%s: %s, %s', (command, kind, known) => {
  const { effects } = evaluateCommand(parser, command);
  expect(effects.map((effect) => [effect.kind, effect.call.understood])).toEqual([[kind, known === 'described']]);
});

test.each([
  '169.254.169.254',
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'http://0xA9FEA9FE/',
  'http://0251.0376.0251.0376/',
  'http://169.254.43518/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[fd00:ec2::254]/',
  'http://user@169.254.169.254/',
  'http://METADATA.google.internal./computeMetadata/v1/',
  '--url=http://2852039166/',
  'ftp://2852039166/x',
])('the metadata service is a secret, written as %s', (address) => {
  expect(evaluateCommand(parser, `curl -s '${address}'`).effects).toMatchObject([{ kind: 'reads_secret' }]);
  expect(evaluateCommand(parser, 'curl -s http://169.254.169.25/').effects).toMatchObject([{ kind: 'network' }]);
});

// Rules ask about operands: what only the node knows is not one of them.
test.each(['rm ~', 'rm ~/x', 'rm "$HOME/x"'])('%s names no operand', (text) => {
  const calls = evaluateCommand(parser, text).effects.map(({ call }) => call);
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) expect(call.operands).toBeUndefined();
});
