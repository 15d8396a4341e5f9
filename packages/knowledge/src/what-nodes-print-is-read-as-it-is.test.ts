// Outputs as real systems print them, odd ones included.
import { expect, test } from 'vitest';
import { compareVersions } from './analysis/compare-versions.ts';
import { findRunbookCode } from './find-runbook-code.ts';
import type { NodeObservation, RunbookReport, StepResult } from './runbook.ts';

type Printed = string | Partial<StepResult>;

/** `{ 'web-01': { step: output } }`. */
function analyse(slug: string, nodes: Record<string, Record<string, Printed>>, question?: string): RunbookReport {
  const runbook = findRunbookCode(slug);
  if (runbook === null) throw new Error(`no runbook ${slug}`);
  const observations = Object.entries(nodes).map(
    ([name, steps]): NodeObservation => ({
      node: { id: `node_${name}`, name },
      results: Object.entries(steps).map(([step, printed]) => ({
        step,
        executionId: `${step}@${name}`,
        outcome: 'exited',
        exitCode: 0,
        reason: null,
        stdout: '',
        stderr: '',
        truncated: false,
        ...(typeof printed === 'string' ? { stdout: printed } : printed),
      })),
    }),
  );
  return runbook.analyse(observations, question);
}
const claims = (report: RunbookReport) => report.findings.map((finding) => finding.claim);

const dfHeader = 'Filesystem     1024-blocks     Used Available Capacity Mounted on\n';

test('disk-space: pseudo file systems, images and second mounts of a disk do not count; small real ones do', () => {
  const stdout = `${dfHeader}udev                1000000  1000000         0     100% /dev
tmpfs                200000   200000         0     100% /run/user/1000
/dev/sda1          50000000 47500000   2500000      95% /
/dev/loop3            65000    65000         0     100% /snap/core20/2105
/dev/sr0             650000   650000         0     100% /media/cdrom
overlay            50000000 47500000   2500000      95% /var/lib/docker/overlay2/abc/merged
/dev/sda1          50000000 47500000   2500000      95% /var/lib/docker/btrfs
tmpfs                  2048     2000        48      98% /srv/data
tmpfs                  1024      990        34      97% /dev/shm
//nas/share with space 1000     1000         0     100% /mnt/my share
proc                      0        0         0        - /proc
`;
  const report = analyse('disk-space', { 'web-01': { 'disk-space': stdout } });
  expect(claims(report)).toEqual([
    '/mnt/my share on web-01 is 100% full (1.0 of 1.0 MB)',
    '/srv/data on web-01 is 98% full (2.0 of 2.0 MB)',
    '/dev/shm on web-01 is 97% full (1.0 of 1.0 MB)',
    '/ on web-01 is 95% full (45 of 48 GB)',
  ]);
  expect(report.notAnswered).toEqual([]);
});

test('disk-space: in a container the overlay is the root', () => {
  const report = analyse('disk-space', { c1: { 'disk-space': `${dfHeader}overlay 1000 910 90 91% /\n` } });
  expect(claims(report)).toEqual(['/ on c1 is 91% full (0.9 of 1.0 MB)']);
});

test('disk-space: what df could not look at makes the node incomplete, not healthy, and what it found stays true', () => {
  const result = {
    exitCode: 1,
    stdout: `${dfHeader}/dev/sda1 1000 950 50 95% /\n`,
    stderr: 'df: /mnt/nfs: Stale file handle\n',
  };
  const report = analyse('disk-space', { 'web-01': { 'disk-space': result } });
  expect(claims(report)).toEqual(['/ on web-01 is 95% full (0.9 of 1.0 MB)']);
  expect(report.notAnswered).toEqual([
    {
      node: { id: 'node_web-01', name: 'web-01' },
      why: 'could not look at every file system (df: /mnt/nfs: Stale file handle)',
    },
  ]);
  expect(report.headline).toContain('web-01 did not give a complete answer.');
});

test('inodes: file systems without a limit are passed over', () => {
  const stdout = `Filesystem Inodes IUsed IFree IUse% Mounted on
/dev/sda1 0 0 0 - /btrfs
/dev/sda2 1000 999 1 100% /srv
`;
  expect(claims(analyse('inodes', { n: { inodes: stdout } }))).toEqual([
    '/srv on n has used 100% of its inodes (999 of 1,000)',
  ]);
});

const alarms = (report: RunbookReport) =>
  report.findings.filter((finding) => finding.severity !== 'info').map((finding) => finding.claim);

const ps = (...rows: string[]) => ['    PID USER     %CPU     TIME ELAPSED COMMAND', ...rows, ''].join('\n');
const top = (...rows: string[]) => {
  const head = `top - 10:00:00 up 1 day,  load average: 0.1\nTasks: 3 total\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n`;
  return `${head}   1 root 20 0 1 1 1 S 99.0 0.1 0:01.00 systemd\n\n${head}${rows.join('\n')}\n`;
};

test('cpu-hogs: a login of a moment is none, a process that woke up lately is', () => {
  const report = analyse('cpu-hogs', {
    'web-01': {
      'cpu-lifetime': ps(
        '  77 root     99.0        0       0 sshd',
        '  78 app       0.4     9000 2000000 java',
        '  79 app 9.9 500 5050 nginx',
      ),
      'cpu-now': top('  78 app 20 0 1 1 1 R 312.5 0.1 99:01.00 java', '  80 root 20 0 1 1 1 R 60.0 0.1 0:01.00 top'),
    },
  });
  expect(claims(report)).toEqual(['java (pid 78, app) on web-01 is taking 312.5% of a core at this moment']);
  expect(report.findings[0]).toMatchObject({
    severity: 'critical',
    executionIds: ['cpu-lifetime@web-01', 'cpu-now@web-01'],
  });
});

test('cpu-hogs: without a usable top the averages are enough, and nothing is said about this moment', () => {
  const report = analyse('cpu-hogs', {
    'web-01': {
      'cpu-lifetime': ps('  78 app       45.4     9000 20000 java'),
      'cpu-now': { exitCode: 1, stderr: 'top: invalid option -- i' },
    },
    'web-02': { 'cpu-lifetime': ps('   1 root       0.0     9 20000 init'), 'cpu-now': { exitCode: 1 } },
  });
  expect(claims(report)).toEqual([
    'java (pid 78, app) on web-01 has taken 45.4% of a core on average since it started 5 hours ago',
  ]);
  expect(report.notAnswered).toEqual([]);
  expect(report.headline).not.toContain('moment');
});

const memory = (available: number, ...rows: string[]) =>
  `    PID USER       RSS COMMAND\n${rows.join('\n')}\nMemTotal:       8000000 kB\nMemAvailable:   ${available} kB\nSwapTotal: 0 kB\n`;

test('memory-hogs: what most nodes hold alike is their work; a large part of the memory is a finding all the same', () => {
  const usual = memory(6_000_000, '  9 pg   900000 postgres', ' 10 root 10000 sshd');
  const nodes = Object.fromEntries(['db-1', 'db-2', 'db-3'].map((name) => [name, { memory: usual }]));
  const quiet = analyse('memory-hogs', { ...nodes, 'db-4': { memory: usual } });
  expect(quiet.headline).toBe('No process stands out by the memory it holds on any of the 4 nodes.');
  const loud = analyse('memory-hogs', {
    ...nodes,
    'db-4': { memory: memory(300_000, ' 9 pg 4100000 postgres', '10 root 9000 sshd') },
  });
  expect(claims(loud)).toEqual([
    'db-4 has only 293 MB of its 7.6 GB of memory available',
    "postgres (pid 9, pg) on db-4 holds 3.9 GB of memory, 51.3% of the node's 7.6 GB and 455 times as much as any other program",
  ]);
});

test('memory-hogs: a database alone with its cache is none; the same beside smaller ones, or where memory runs short, is', () => {
  const database = memory(2_000_000, ' 9 pg 4100000 postgres', '10 root 9000 sshd');
  expect(alarms(analyse('memory-hogs', { 'db-1': { memory: database } }))).toEqual([]);
  const small = memory(7_000_000, ' 9 pg 400000 postgres', '10 root 9000 sshd');
  const among = analyse('memory-hogs', {
    'db-1': { memory: database },
    'db-2': { memory: small },
    'db-3': { memory: small },
  });
  expect(alarms(among)).toEqual([expect.stringMatching(/^postgres \(pid 9, pg\) on db-1 holds 3\.9 GB/)]);
  const short = memory(300_000, ' 9 pg 4100000 postgres', '10 root 9000 sshd');
  expect(alarms(analyse('memory-hogs', { 'db-1': { memory: short } }))).toHaveLength(2);
});

test('memory-hogs: a program of its own kind stands out by far, or not at all', () => {
  const alone = (rssKib: number, next: number) =>
    alarms(
      analyse('memory-hogs', { n: { memory: memory(6_000_000, `9 app ${rssKib} worker`, `8 root ${next} journal`) } }),
    );
  expect(alone(300_000, 20_000)).toHaveLength(1);
  expect(alone(300_000, 60_000)).toEqual([]);
  expect(alone(150_000, 1_000)).toEqual([]);
});

test('cpu-hogs: what the same program takes elsewhere, or its neighbours take, is work; what stands out is not', () => {
  const busy = (name: string, percent: number) => `  78 app ${percent} 9000 20000 ${name}`;
  const found = (nodes: Record<string, string[]>) =>
    alarms(
      analyse(
        'cpu-hogs',
        Object.fromEntries(
          Object.entries(nodes).map(([name, rows]) => [name, { 'cpu-lifetime': ps(...rows), 'cpu-now': top() }]),
        ),
      ),
    );
  expect(found({ a: [busy('nginx', 40)], b: [busy('nginx', 30)] })).toEqual([]);
  expect(found({ a: [busy('nginx', 40)], b: [busy('nginx', 5)] })).toHaveLength(1);
  expect(found({ a: [busy('nginx', 40), busy('php-fpm', 30)] })).toEqual([]);
  expect(found({ a: [busy('reindex', 95), busy('php-fpm', 30)] })).toHaveLength(1);
});

const services = (parts: Partial<Record<'uid' | 'scripts' | 'processes' | 'pidFiles' | 'failed', string>>) =>
  `${parts.uid ?? '0'}\n== init scripts\n${parts.scripts ?? ' [ + ]  cron\n [ - ]  shop\n'}== processes\n${parts.processes ?? '    1 Ss   init\n   50 S    cron\n'}== pid files\n${parts.pidFiles ?? '/run/crond.pid\n/run/shop.pid\n'}== failed units\n${parts.failed ?? 'no systemd\n'}`;

test('dead-services: a pid file alone is no proof, nor is an init script alone', () => {
  const cases: ReadonlyArray<[string, string, string[]]> = [
    ['both', services({}), ['shop']],
    ['stopped properly', services({ pidFiles: '/run/crond.pid\n' }), []],
    ['restarted meanwhile', services({ processes: '    1 Ss   init\n   61 S    shop\n' }), []],
    ['a zombie', services({ processes: '    1 Ss   init\n   61 Z    shop <defunct>\n' }), ['shop']],
    ['runs, says its script', services({ scripts: ' [ + ]  shop\n' }), []],
    ['nobody knows', services({ scripts: ' [ ? ]  shop\n' }), []],
  ];
  for (const [what, printed, dead] of cases) {
    const report = analyse('dead-services', { n: { services: printed } });
    const found = report.findings
      .filter((finding) => finding.severity !== 'info')
      .map((finding) => finding.claim.split(' ')[0]);
    expect({ what, found }).toEqual({ what, found: dead });
    expect(report.notAnswered).toEqual([]);
  }
});

test('dead-services: asked without root it is a suspicion', () => {
  const report = analyse('dead-services', { n: { services: services({ uid: '1000' }) } });
  expect(report.findings[0]).toMatchObject({ severity: 'warning', claim: expect.stringContaining('looks dead') });
});

test('dead-services: failed units are named; a systemd that does not answer is no health; hidden processes are no death', () => {
  const systemd = { processes: '    1 Ss   systemd\n', scripts: 'no init scripts\n', pidFiles: '' };
  const failed = analyse('dead-services', {
    n: {
      services: services({
        ...systemd,
        failed: '● nginx.service loaded failed failed A high performance web server\n',
      }),
    },
  });
  expect(claims(failed)).toEqual(['nginx.service on n has failed, says systemd']);
  const mute = analyse('dead-services', {
    n: { services: { stdout: services(systemd), stderr: 'Failed to connect to bus: Permission denied\n' } },
  });
  expect(mute.notAnswered[0]?.why).toBe('could not ask systemd (Failed to connect to bus: Permission denied)');
  expect(mute.headline).toContain('n did not give a complete answer.');
  const hidden = analyse('dead-services', { n: { services: services({ processes: '  900 S    sh\n' }) } });
  expect(hidden.findings).toEqual([]);
  expect(hidden.notAnswered[0]?.why).toContain('hides the processes');
});

const ports = (sockets: string) => `== sockets\n${sockets}== services\nshop\nssh\n`;
const ss = (...rows: string[]) =>
  ports(
    `Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess\n${rows.map((row) => `${row}\n`).join('')}`,
  );
const ssh = 'tcp   LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=9,fd=3))';
const shop = 'tcp   LISTEN 0      128             [::]:8080          [::]:*    users:(("shop",pid=10,fd=3))';

test('listening-ports: ss and netstat, IPv6, loopback and random ports', () => {
  const netstat = ports(`Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      9/sshd: /usr/sbin/s
tcp6       0      0 :::8080                 :::*                    LISTEN      10/shop
tcp        0      0 127.0.0.1:6010          0.0.0.0:*               LISTEN      99/sshd: root@pts/
udp        0      0 0.0.0.0:51234           0.0.0.0:*                           11/rpc.statd
`);
  const report = analyse('listening-ports', {
    'web-01': { ports: ss(ssh, shop, 'udp   UNCONN 0 0 0.0.0.0:40111 0.0.0.0:* users:(("rpc.statd",pid=11,fd=8))') },
    'web-02': { ports: netstat },
    'web-03': {
      ports: ss(
        ssh,
        shop,
        'udp   UNCONN 0 0 *:33333 *:* users:(("rpc.statd",pid=11,fd=8))',
        'tcp LISTEN 0 5 127.0.0.1:631 0.0.0.0:*',
      ),
    },
    'web-04': {
      ports: ss(
        ssh,
        shop,
        'tcp LISTEN 0 5 *:4444 *:*',
        'udp   UNCONN 0 0 *:33334 *:* users:(("rpc.statd",pid=11,fd=8))',
      ),
    },
  });
  expect(report.findings.filter((finding) => finding.severity !== 'info').map((finding) => finding.claim)).toEqual([
    '4444/tcp is open on web-04 and not on the 3 other nodes of its kind',
  ]);
  expect(report.headline).toContain('1 of 4 nodes: web-04 (4444/tcp)');
});

test('listening-ports: with two nodes of a kind the healthy one is not blamed for the service that the other lost', () => {
  const report = analyse('listening-ports', { 'web-01': { ports: ss(ssh, shop) }, 'web-02': { ports: ss(ssh) } });
  expect(report.findings.every((finding) => finding.severity === 'info')).toBe(true);
  const odd = analyse('listening-ports', {
    'web-01': { ports: ss(ssh, shop, 'tcp LISTEN 0 5 *:4444 *:* users:(("nc",pid=5,fd=3))') },
    'web-02': { ports: ss(ssh) },
  });
  expect(odd.headline).toContain('web-01 (4444/tcp nc)');
});

test('certificates: by the clock of the node, with every spelling of openssl; keys and missing files are passed over', () => {
  const clock = Date.parse('2026-03-01T00:00:00Z') / 1_000;
  const stdout = `${clock}
== /etc/nginx/ssl/old.pem
subject=CN = old.example
notAfter=Feb 20 00:00:00 2026 GMT
== /etc/nginx/ssl/soon.pem
subject= /O=Shop/CN=soon.example
notAfter=Mar 11 12:00:00 2026 GMT
== /etc/nginx/ssl/fine.pem
subject=O=Shop, CN=fine.example
notAfter=Mar 11 12:00:00 2027 GMT
== /etc/nginx/ssl/dhparam.pem
Could not find certificate from /etc/nginx/ssl/dhparam.pem
`;
  const report = analyse('certificates', { n: { certificates: { stdout, exitCode: 1 } } });
  expect(claims(report)).toEqual([
    '/etc/nginx/ssl/old.pem on n (old.example) expired 9 days ago, on 2026-02-20',
    '/etc/nginx/ssl/soon.pem on n (soon.example) expires in 10 days, on 2026-03-11',
  ]);
  expect(report.notAnswered).toEqual([]);
  const closed = analyse('certificates', {
    n: {
      certificates: `${clock}\n== /etc/nginx/ssl/a.pem\nCan't open /etc/nginx/ssl/a.pem for reading, Permission denied\n`,
    },
  });
  expect(closed.findings).toEqual([]);
  expect(closed.notAnswered[0]?.why).toContain('Permission denied');
  const none = analyse('certificates', { n: { certificates: `${clock}\n` } });
  expect(none.headline).toBe('No certificate was found in the usual directories of n.');
});

test('package-versions: other releases are not compared, removed packages do not count, unknown ones are said to be absent', () => {
  const debian = (base: string, ...packages: string[]) =>
    `ii  base-files ${base}\n${packages.map((line) => `${line}\n`).join('')}`;
  const nodes = {
    a: { packages: debian('12.4+deb12u5', 'ii  openssl 3.0.11-1~deb12u2', 'rc  nginx 1.22.1-9') },
    b: { packages: debian('12.4+deb12u5', 'ii  openssl 3.0.13-1~deb12u1') },
    c: { packages: debian('11.1+deb11u9', 'ii  openssl 1.1.1w-0+deb11u1') },
  };
  const report = analyse('package-versions', nodes);
  expect(claims(report)).toEqual(['openssl on a is 3.0.11-1~deb12u2, others have 3.0.13-1~deb12u1']);
  const asked = analyse('package-versions', nodes, 'which nodes still run the old OpenSSL?');
  expect(asked.headline).toBe(
    '2 nodes have an older openssl: 3.0.11-1~deb12u2 on a; 1.1.1w-0+deb11u1 on c. 1 node has 3.0.13-1~deb12u1.',
  );
  expect(analyse('package-versions', nodes, 'is nginx installed?').headline).toBe(
    'nginx is not installed on any of the 3 nodes that answered.',
  );
});

test('uptime: who waits for a reboot', () => {
  const report = analyse('uptime', {
    'web-01': { uptime: '  90000\nno reboot required\n' },
    'web-02': { uptime: '8640000\n/run/reboot-required\n' },
  });
  expect(report.headline).toBe(
    '2 nodes answered; the longest up is web-02 (100 days), the shortest web-01 (1 day); waiting for a reboot: web-02.',
  );
  expect(report.findings[0]).toMatchObject({ severity: 'warning', executionIds: ['uptime@web-02'] });
});

test('versions are ordered as dpkg orders them', () => {
  const ascending = ['1.0~rc1-1', '1.0-1', '1.0-1+b1', '1.0-2', '1.0a-1', '1.2-1', '1.10-1', '2:0.1-1'];
  for (const [index, version] of ascending.entries()) {
    for (const [otherIndex, other] of ascending.entries()) {
      expect([version, other, Math.sign(compareVersions(version, other))]).toEqual([
        version,
        other,
        Math.sign(index - otherIndex),
      ]);
    }
  }
});
