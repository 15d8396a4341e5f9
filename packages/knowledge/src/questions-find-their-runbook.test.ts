import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { matchRunbooks } from './match-runbooks.ts';
import { syncRunbooks } from './sync-runbooks.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  await syncRunbooks(pool);
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

/** What operators ask, in their own words, and what should look into it; null: nothing should. */
const questions: ReadonlyArray<readonly [string, string | null]> = [
  ['why is web-07 slow?', 'node-health'],
  ['web-07 is really slow today, what is going on', 'node-health'],
  ["what's wrong with db-01?", 'node-health'],
  ['is everything ok?', 'node-health'],
  ['is anything broken', 'node-health'],
  ['health check please', 'node-health'],
  ['any problems in rack a?', 'node-health'],
  ['the site feels sluggish', 'node-health'],
  ['anything about to run out of space?', 'disk-space'],
  ['which disks are full', 'disk-space'],
  ['which nodes have a full disk?', 'disk-space'],
  ['how much disk space is left on db-02', 'disk-space'],
  ['disk usage', 'disk-space'],
  ['df', 'disk-space'],
  ['show me filesystems over 90%', 'disk-space'],
  ['we got "No space left on device" on some node, which one?', 'disk-space'],
  ['is storage filling up anywhere?', 'disk-space'],
  ['which volumes are nearly full', 'disk-space'],
  ['which nodes ran out of inodes?', 'inodes'],
  ['inode usage across the fleet', 'inodes'],
  ["can't create files but df shows free space", 'inodes'],
  ['too many small files?', 'inodes'],
  ['what is eating the CPU on web-03?', 'cpu-hogs'],
  ['which process is using all the cpu', 'cpu-hogs'],
  ['any runaway processes?', 'cpu-hogs'],
  ['who is burning cpu', 'cpu-hogs'],
  ['high cpu usage', 'cpu-hogs'],
  ['top processes by processor time', 'cpu-hogs'],
  ['find cpu hogs', 'cpu-hogs'],
  ['which nodes are low on memory?', 'memory-hogs'],
  ['is something leaking memory', 'memory-hogs'],
  ['what uses the most RAM?', 'memory-hogs'],
  ['who is hogging memory', 'memory-hogs'],
  ['are we about to hit OOM anywhere', 'memory-hogs'],
  ['are any nodes swapping?', 'memory-hogs'],
  ['which hosts have a high load average?', 'load'],
  ['which servers are overloaded', 'load'],
  ['busiest machines', 'load'],
  ['is nginx down anywhere?', 'dead-services'],
  ['which services are dead', 'dead-services'],
  ['are there failed systemd units', 'dead-services'],
  ['did any daemon crash overnight?', 'dead-services'],
  ['is postgres running everywhere', 'dead-services'],
  ['is the shop service up on all web nodes?', 'dead-services'],
  ['which services stopped?', 'dead-services'],
  ['why is web-02 down?', 'dead-services'],
  ['is everything up?', 'uptime'],
  ['what version of shop is running', 'package-versions'],
  ['which disks are filling up?', 'disk-space'],
  ['who listens on 8080', 'listening-ports'],
  ['what is listening on port 443?', 'listening-ports'],
  ['open ports', 'listening-ports'],
  ['is there an unexpected open port somewhere?', 'listening-ports'],
  ['any rogue listeners?', 'listening-ports'],
  ['which boxes have expired certs', 'certificates'],
  ['are any certificates expiring soon?', 'certificates'],
  ['when does the TLS certificate of shop.example run out', 'certificates'],
  ['ssl certs that need renewal', 'certificates'],
  ['which nodes still run the old OpenSSL?', 'package-versions'],
  ['what version of openssh is installed on db-01', 'package-versions'],
  ['is sudo patched everywhere?', 'package-versions'],
  ['which packages are outdated', 'package-versions'],
  ['installed version of curl', 'package-versions'],
  ['which nodes have an older package than the others?', 'package-versions'],
  ['are we vulnerable, which libssl versions are there', 'package-versions'],
  ['which OS do we run?', 'os-versions'],
  ['how many debian boxes do we have', 'os-versions'],
  ['list operating systems', 'os-versions'],
  ['which nodes are still on ubuntu 20.04?', 'os-versions'],
  ['what kernel are we running', 'kernel-versions'],
  ['kernel versions per node', 'kernel-versions'],
  ['kernel inventory', 'kernel-versions'],
  ['uname', 'kernel-versions'],
  ['which nodes rebooted last night?', 'uptime'],
  ['uptime of all hosts', 'uptime'],
  ['are all servers reachable?', 'uptime'],
  ['which machines need a reboot', 'uptime'],
  ['is any node offline?', 'uptime'],
  ['restart nginx on rack A, five at a time', null],
  ['please upgrade openssl on all nodes', null],
  ['reboot web-03', null],
  ['delete old logs to free disk space', null],
  ['write me a poem about the sea', null],
  ['what is the weather in Paris', null],
  ['who won the world cup in 1998?', null],
  ['asdf qwer zxcv', null],
  ['hello', null],
  ['', null],
  ['how do I bake bread', null],
  ['what is the salary of our CEO', null],
  ['translate good morning into French', null],
  ['Which servers have less than 10% free?', 'disk-space'],
  ['do we have hosts where /var is full', 'disk-space'],
  ['db-01 /srv/data usage', 'disk-space'],
  ['writes fail with ENOSPC', 'disk-space'],
  ['anything using port 3306?', 'listening-ports'],
  ['is 4444 open on any box', 'listening-ports'],
  ['what services are exposed to the network', 'listening-ports'],
  ['show processes sorted by memory', 'memory-hogs'],
  ["who's hogging RAM on cache-01", 'memory-hogs'],
  ['are we running out of memory', 'memory-hogs'],
  ['how much memory is free', 'memory-hogs'],
  ['did sshd die anywhere', 'dead-services'],
  ['which units failed', 'dead-services'],
  ['is haproxy alive', 'dead-services'],
  ['is the metrics daemon down?', 'dead-services'],
  ['is shop running on web-02', 'dead-services'],
  ['services not running', 'dead-services'],
  ['list hosts on bookworm', 'os-versions'],
  ['what distro are the db nodes on', 'os-versions'],
  ['centos 7 left anywhere?', 'os-versions'],
  ['do we still have kernel 5.10?', 'kernel-versions'],
  ['openssl version', 'package-versions'],
  ['are there servers with different nginx versions', 'package-versions'],
  ['is docker installed?', 'package-versions'],
  ['which hosts are missing the latest security updates', 'package-versions'],
  ['which version of the shop package runs where', 'package-versions'],
  ['how long have the db nodes been up?', 'uptime'],
  ['which nodes were restarted this week', 'uptime'],
  ['can you reach all nodes?', 'uptime'],
  ['any certificate problems?', 'certificates'],
  ['will https break soon because of a cert', 'certificates'],
  ['does web-04 have a valid certificate', 'certificates'],
  ['something is pegging a core on web-03', 'cpu-hogs'],
  ['why is the cpu at 100%', 'cpu-hogs'],
  ['what is taking cpu time', 'cpu-hogs'],
  ['are the machines busy', 'load'],
  ['load', 'load'],
  ['why does web-03 respond so slowly?', 'node-health'],
  ['is web-07 healthy?', 'node-health'],
  ['anything I should worry about?', 'node-health'],
  ['diagnose queue-01', 'node-health'],
  ['give me an overview of the fleet', 'node-health'],
  ['why are we paged for web-02', 'node-health'],
  ['errors in the logs', null],
  ['who logged in last night', null],
  ['what time is it on the servers', null],
  ['is ntp synced', null],
  ['ip address of db-01', null],
  ['list users with sudo rights', null],
  ['compose an email to the customer about the outage', null],
  ['is selinux enforcing', null],
  ['show firewall rules', null],
  ['backup status', null],
  ['how old is the hardware', null],
  ['which customers pay the most', null],
  ['what is the capital of France', null],
  ['how many people work here', null],
  ['is it going to rain', null],
  ['set the hostname of web-01 to foo', null],
  ['can you please restart the shop service', null],
  ['I need you to wipe /srv/data', null],
  ['kill the runaway process on web-03', null],
  ['tell me a joke', null],
  ['open the pod bay doors', null],
  ['free beer', null],
];

test('at least nine of ten questions lead to the right runbook, and none about something else leads anywhere', async () => {
  expect(questions.length).toBeGreaterThanOrEqual(60);
  const answers = await inOrganization(pool, 'org_of_the_test', async (transaction) => {
    const found: Array<{ question: string; expected: string | null; got: string | null; ranks: string }> = [];
    for (const [question, expected] of questions) {
      const matches = await matchRunbooks(transaction, question);
      const ranks = matches.map((match) => `${match.slug} ${match.rank.toFixed(2)}`).join(', ');
      found.push({ question, expected, got: matches[0]?.slug ?? null, ranks });
    }
    return found;
  });
  const wrong = answers.filter((answer) => answer.got !== answer.expected);
  const right = answers.length - wrong.length;
  console.log(
    [
      `${right} of ${answers.length} questions found their runbook (${((right / answers.length) * 100).toFixed(1)}%)`,
      ...wrong.map(({ question, expected, ranks }) => `  "${question}" → ${ranks || 'none'} instead of ${expected}`),
    ].join('\n'),
  );
  expect(right / answers.length).toBeGreaterThanOrEqual(0.9);
  expect(wrong.filter((answer) => answer.expected === null)).toEqual([]);
});

test('without an organization there is no runbook to find', async () => {
  const { rows } = await pool.query('select slug from runbooks');
  expect(rows).toEqual([]);
});

test('a runbook that this version no longer has is gone after the next start, and starting twice changes nothing', async () => {
  await pool.query('select sena.replace_own_runbooks($1::jsonb)', [
    JSON.stringify([
      {
        slug: 'phase-of-the-moon',
        title: 'Phase of the moon',
        description: 'Looks up.',
        questions: ['Is it full moon?'],
        keywords: 'moon',
        commands: ['date'],
      },
    ]),
  ]);
  await Promise.all([syncRunbooks(pool), syncRunbooks(pool)]);
  const slugs = await inOrganization(pool, 'org_of_the_test', async (transaction) => {
    expect(await matchRunbooks(transaction, 'is it full moon?', { limit: 20 })).not.toContainEqual(
      expect.objectContaining({ slug: 'phase-of-the-moon' }),
    );
    const { rows } = await transaction.query<{ slug: string }>('select slug from runbooks order by slug');
    return rows.map((row) => row.slug);
  });
  expect(slugs).not.toContain('phase-of-the-moon');
  expect(slugs).toHaveLength(13);
});
