// Every runbook's own commands, run over SSH on real lab hosts as a satellite runs them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoFleet } from '@sena/lab/demo-fleet';
import type { Fault, Lab, LabHost } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRunbookCode } from './find-runbook-code.ts';
import { ownRunbooks } from './own-runbooks.ts';
import type { NodeObservation, RunbookReport, StepResult } from './runbook.ts';

let directory: string;
let lab: Lab;
let hosts: LabHost[];
let observations: NodeObservation[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sena-runbooks-'));
  lab = await startLab({ stateDirectory: directory, sites: demoFleet(), kind: 'openssh' });
  hosts = lab.sites.flatMap((site) => site.hosts);
  // The runaway process shows once it has run for a while.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  const commands = new Map(
    ownRunbooks.flatMap((runbook) => runbook.commands.map(({ step, command }) => [step, command])),
  );
  observations = await Promise.all(
    lab.sites.flatMap((site) =>
      site.hosts.map(async (host): Promise<NodeObservation> => {
        const results: StepResult[] = [];
        for (const [step, command] of commands) {
          const quoted = `'${command.replaceAll("'", `'\\''`)}'`;
          const ran = await runOnHost(
            site,
            host,
            `exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c ${quoted}`,
            20_000,
          );
          results.push({
            step,
            executionId: `${step}@${host.name}`,
            outcome: 'exited',
            reason: null,
            truncated: false,
            ...ran,
          });
        }
        return { node: { id: `node_${host.name}`, name: host.name, labels: host.labels }, results };
      }),
    ),
  );
}, 120_000);
afterAll(async () => {
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
});

function report(slug: string, question?: string): RunbookReport {
  const runbook = findRunbookCode(slug);
  if (runbook === null) throw new Error(`no runbook ${slug}`);
  return runbook.analyse(observations, question);
}

function alarmed(result: RunbookReport): string[] {
  const names = result.findings
    .filter((finding) => finding.severity !== 'info')
    .flatMap((finding) => finding.nodes.map((node) => node.name));
  return [...new Set(names)].sort();
}

function planted(...faults: Fault[]): string[] {
  return hosts
    .filter((host) => host.faults.some((fault) => faults.includes(fault)))
    .map((host) => host.name)
    .sort();
}

const looksFor: ReadonlyArray<[string, Fault, RegExp]> = [
  ['disk-space', 'full-disk', /^\/srv\/data on db-01 is (9\d|100)% full \(\d\.\d of \d\.\d MB\)$/m],
  ['inodes', 'inodes-exhausted', /^\/srv\/spool on queue-01 has used (9\d|100)% of its inodes/m],
  ['cpu-hogs', 'cpu-hog', /^reindex \(pid \d+, \w+\) on web-03 has taken [\d.]+% of a core on average/m],
  ['memory-hogs', 'memory-hog', /on cache-01 holds 30\d MB of memory/m],
  [
    'dead-services',
    'dead-service',
    /^shop on web-02 is dead: its init script says .*, but \/run\/shop.pid is still there$/m,
  ],
  ['listening-ports', 'unexpected-listener', /^4444\/tcp .*is open on web-06/m],
  ['certificates', 'expired-certificate', /^\/etc\/nginx\/ssl\/shop.pem on web-04 \(.+\) expired \d+ days? ago/m],
  ['package-versions', 'old-package', /^shop on web-06 is 2.3.0-1, others have 2.4.1-1$/m],
];

test.each(looksFor)('%s names exactly the nodes with %s, and rests on what they said', (slug, fault, claim) => {
  const result = report(slug);
  console.log(`${slug}: ${result.headline}\n${result.findings.map((f) => `  [${f.severity}] ${f.claim}`).join('\n')}`);
  expect(result.notAnswered).toEqual([]);
  expect(alarmed(result)).toEqual(planted(fault));
  expect(result.findings.map((finding) => finding.claim).join('\n')).toMatch(claim);
  for (const name of planted(fault)) expect(result.headline).toContain(name);
  for (const host of hosts) {
    if (!host.faults.includes(fault)) expect(result.headline).not.toContain(host.name);
  }
  const executions = new Set(observations.flatMap(({ results }) => results.map(({ executionId }) => executionId)));
  for (const finding of result.findings) {
    expect(finding.executionIds.length).toBeGreaterThan(0);
    for (const id of finding.executionIds) expect(executions).toContain(id);
  }
});

test('node-health finds all of them at once and none on a control', () => {
  const result = report('node-health');
  console.log(result.headline);
  expect(result.notAnswered).toEqual([]);
  const faulty = hosts
    .filter((host) => host.faults.length > 0)
    .map((host) => host.name)
    .sort();
  expect(alarmed(result)).toEqual(faulty);
  for (const name of faulty) expect(result.headline).toContain(name);
});

const shows: Record<Fault, RegExp> = {
  'full-disk': /\/srv\/data on \S+ is \d+% full/,
  'inodes-exhausted': /\/srv\/spool on \S+ has used \d+% of its inodes/,
  'dead-service': /is dead: its init script/,
  'cpu-hog': /reindex .* of a core/,
  'memory-hog': /holds 30\d MB of memory/,
  'expired-certificate': /\.pem on .* expired/,
  'unexpected-listener': /4444\/tcp .*is open on/,
  'old-package': /is 2\.3\.0-1, others have 2\.4\.1-1/,
};

test('node-health on one node, compared with some others, names each of its faults, nothing else, and no other node', () => {
  for (const host of hosts) {
    const peers = hosts.filter((other) => other !== host).slice(0, 8);
    const compared = observations
      .filter(({ node }) => [host, ...peers].some(({ name }) => name === node.name))
      .map((observation) =>
        observation.node.name === host.name ? observation : { ...observation, isPeer: true as const },
      );
    const result = findRunbookCode('node-health')?.analyse(compared, `what is wrong with ${host.name}?`);
    console.log(result?.headline);
    const claims = (result?.findings ?? []).filter((finding) => finding.severity !== 'info').map(({ claim }) => claim);
    for (const [fault, pattern] of Object.entries(shows)) {
      expect({ host: host.name, fault, shown: claims.some((claim) => pattern.test(claim)) }).toEqual({
        host: host.name,
        fault,
        shown: host.faults.includes(fault as Fault),
      });
    }
    expect(claims).toHaveLength(host.faults.length);
    expect(result?.notAnswered).toEqual([]);
    const named = new Set(result?.findings.flatMap((finding) => finding.nodes.map((node) => node.name)));
    expect([...named]).toEqual([host.name]);
    for (const other of hosts.filter(({ name }) => name !== host.name)) {
      expect(result?.headline).not.toContain(other.name);
    }
  }
});

test('inventories answer for every node', () => {
  for (const slug of ['os-versions', 'kernel-versions', 'uptime', 'load']) {
    const result = report(slug);
    console.log(`${slug}: ${result.headline}`);
    expect(result.notAnswered).toEqual([]);
    expect(new Set(result.findings.flatMap((finding) => finding.nodes.map((node) => node.id))).size).toBe(hosts.length);
  }
});

test('a question that names a port, a service or a package is answered about that one', () => {
  expect(report('listening-ports', 'who listens on 8081?').headline).toBe(
    '2 of 12 nodes listen on port 8081: 8081/tcp ledger on db-01 and db-02.',
  );
  expect(report('listening-ports', 'is anything on port 31337?').headline).toBe(
    'Nothing listens on port 31337 on the 12 nodes that answered.',
  );
  expect(report('dead-services', 'is metrics down anywhere?').headline).toBe(
    'No dead metrics was found; it runs on 12 nodes.',
  );
  expect(report('dead-services', 'is the shop service down?').headline).toMatch(
    /^The service shop runs on 6 nodes, and is dead on 2 of 12 nodes: web-02 and web-07\.$/,
  );
  expect(report('dead-services', 'is haproxy down anywhere?').headline).toMatch(
    /^haproxy was not found: none of the 12 nodes/,
  );
  expect(report('package-versions', 'which nodes run the old shop?').headline).toMatch(
    /^1 node has an older shop: 2\.3\.0-1 on web-06\. 7 nodes have 2\.4\.1-1\. 4 nodes do not have it\.$/,
  );
  expect(report('package-versions', 'which nodes still run the old OpenSSL?').headline).toMatch(/openssl \d/);
});
