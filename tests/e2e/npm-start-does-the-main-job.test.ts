// The two commands' promise, on real parts: `npm start`, twelve SSH hosts, two satellites, the API and the console.
// One stack for all of it, in order: first start, work, Ctrl-C, second start with a model, kill -9, third start.
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Execution, Run } from '@sena/contracts/http/runs';
import { startChromium } from '@sena/testing/chromium';
import { eventually } from '@sena/testing/eventually';
import { freePort } from '@sena/testing/free-port';
import { type ScriptedVendor, startScriptedVendor, type VendorRequest } from '@sena/testing/scripted-vendor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { argumentsOf, environmentOf, stillRunning } from './read-processes.ts';
import { type RunningSena, type SenaHome, startInVain, startSena } from './start-sena.ts';

let home: SenaHome;
let sena: RunningSena;
let owner: SenaApi;
let approver: SenaApi;
let everStarted: number[] = [];
/** What the operator's own environment holds; SENA_MODEL_KEY is for the model router alone. */
const ownSecrets = { SENA_MODEL_KEY: 'sk-of-the-vendor', COMPANY_VAULT_TOKEN: 'opens-everything' };

async function start(environment: Record<string, string> = {}): Promise<void> {
  sena = await startSena(home, environment);
  everStarted = [...everStarted, ...sena.processes()];
  owner = senaApi(sena.local.apiUrl, sena.local.apiKey);
  approver = senaApi(sena.local.apiUrl, sena.local.approver.apiKey);
}

/** By pid. */
function satellites(): number[] {
  const isSatellite = (argument: string) => argument.endsWith('services/satellite/src/main.ts');
  return sena.processes().filter((pid) => argumentsOf(pid)?.some(isSatellite));
}

beforeAll(async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sena-e2e-'));
  // PostgreSQL runs as a user of its own, who has to get in.
  await chmod(directory, 0o755);
  home = { port: await freePort(), directory };
  await start(ownSecrets);
}, 150_000);

afterAll(async () => {
  await sena?.interrupt();
  await rm(home.directory, { recursive: true, force: true });
}, 60_000);

describe('the first start', () => {
  it('asked a first question over SSH and printed the true answer, the address and the sign-in', async () => {
    const output = sena.output();
    expect(output).toContain('Which nodes are running out of disk space?');
    expect(output).toMatch(/db-01.*web-07/);
    expect(output).toContain(sena.local.consoleUrl);
    expect(output).toContain(sena.local.email);
    expect(output).toContain(`also in ${path.join(home.directory, 'local.json')}`);
    const { mode } = await stat(path.join(home.directory, 'local.json'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('took a third of the three minutes that the first answer may take; the rest is for packages and the build', () => {
    expect(sena.startMs).toBeLessThan(60_000);
  });

  it('gave its satellites nothing secret to hold in their environment', async () => {
    const environments = satellites().map((pid) => environmentOf(pid));
    expect(environments.length).toBeGreaterThanOrEqual(2);
    const kept: unknown = JSON.parse(await readFile(path.join(home.directory, 'data', 'secrets.json'), 'utf8'));
    const { password, apiKey, approver: other } = sena.local;
    const secrets = [...textsIn(kept), password, apiKey, other.password, other.apiKey, ...Object.values(ownSecrets)];
    expect(secrets.length).toBeGreaterThan(12);
    for (const environment of environments) {
      const text = Object.entries(environment ?? {}).map(([name, value]) => `${name}=${value}`);
      expect(text.join('\n')).toContain('PATH=');
      expect(text.filter((variable) => secrets.some((secret) => variable.includes(secret)))).toEqual([]);
      expect(text.filter((variable) => /postgres|redis:|sena_join_|PRIVATE KEY/i.test(variable))).toEqual([]);
      expect(Object.keys(environment ?? {}).filter((name) => /SECRET|TOKEN|PASSWORD|KEY|DATABASE/.test(name))).toEqual(
        [],
      );
    }
  });
});

describe('a command', () => {
  it('returns one exited execution per node, with that node’s own name', async () => {
    const run = await owner.run({ kind: 'command', command: 'hostname', selector: '*' });
    expect(run).toMatchObject({ status: 'succeeded', counts: { total: 12, exitedZero: 12 } });
    const executions = await owner.executions(run.id);
    expect(executions).toHaveLength(12);
    for (const execution of executions) {
      expect(execution).toMatchObject({ outcome: 'exited', exitCode: 0 });
      expect((await owner.output(execution.id)).toString()).toBe(`${execution.node.name}\n`);
    }
  });

  it('that may change something waits for another member, and then runs exactly once per node', async () => {
    const run = await owner.run({ kind: 'command', command: 'mkdir /tmp/x', selector: 'role=web and site=fra1' });
    expect(run.status).toBe('awaiting_approval');
    expect(await owner.executions(run.id)).toEqual([]);
    const approval = await owner.approval(run.id);
    const own = await owner.decide(approval.id, 'approve');
    expect([own.status, own.body.code]).toEqual([403, 'own_request']);
    expect((await approver.decide(approval.id, 'approve')).status).toBe(200);
    const done = await ended(run.id);
    expect(done).toMatchObject({ status: 'succeeded', counts: { total: 4, exitedZero: 4 } });
    const again = await approver.decide(approval.id, 'approve');
    expect([again.status, again.body.code]).toEqual([409, 'already_decided']);
    const look = await owner.run({ kind: 'command', command: 'ls -d /tmp/x', selector: 'name=web-01' });
    expect(look.counts.exitedZero).toBe(1);
  });

  it('that does not exist, prints 5 MB, prints bytes that are no text: a true outcome for each', async () => {
    const missing = await approved({ command: 'no-such-program-here', selector: 'name=web-05' });
    expect(missing[0]).toMatchObject({ outcome: 'exited', exitCode: 127 });

    const [large] = await approved({ command: 'yes 0123456789abcde | head -c 5242880', selector: 'name=web-05' });
    expect(large).toMatchObject({ outcome: 'exited', exitCode: 0, stdoutBytes: 5_242_880, stdoutTruncated: false });
    const bytes = await owner.output(large?.id ?? '');
    expect(bytes.length).toBe(5_242_880);
    const line = Buffer.from('0123456789abcde\n');
    expect(sha256(bytes)).toBe(sha256(Buffer.alloc(5_242_880, line)));

    const [binary] = await approved({ command: String.raw`printf '\377\000\033[31m\302'`, selector: 'name=web-05' });
    expect(await owner.output(binary?.id ?? '')).toEqual(Buffer.from([0xff, 0, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xc2]));
  }, 60_000);
});

describe('a question about a planted fault', () => {
  const faults: Array<[question: string, nodes: string[]]> = [
    ['Which nodes are running out of disk space?', ['db-01', 'web-07']],
    ['Is any server out of inodes?', ['queue-01']],
    ['Which services are dead?', ['web-02', 'web-07']],
    ['What is eating the CPU?', ['web-03']],
    ['Which process uses too much memory?', ['cache-01']],
    ['Are any certificates expired?', ['web-04']],
    ['Which nodes listen on unexpected ports?', ['web-06']],
  ];
  it.each(faults)('%s names the right nodes, not the controls, and cites what ran there', async (prompt, expected) => {
    const run = await owner.run({ kind: 'ask', prompt });
    expect(run.status).toBe('succeeded');
    const alarming = run.findings.filter((finding) => finding.severity !== 'info');
    const named = [...new Set(alarming.flatMap((finding) => finding.nodes.map((node) => node.name)))].sort();
    expect(named, run.answer ?? '').toEqual(expected);
    for (const name of expected) expect(run.answer).toContain(name);
    const nodeOf = new Map((await owner.executions(run.id)).map((execution) => [execution.id, execution.node.name]));
    for (const finding of alarming) {
      expect(finding.executionIds.length).toBeGreaterThan(0);
      const cited = finding.executionIds.map((id) => nodeOf.get(id));
      // A claim that compares also cites those it compares with.
      expect(cited).toEqual(expect.arrayContaining(finding.nodes.map((node) => node.name)));
      expect(cited).not.toContain(undefined);
    }
  });
});

describe('the console', () => {
  it('signs in, asks, shows the answer as it arrives, and lets another member approve', async () => {
    const browser = await startChromium();
    try {
      const page = browser.context.pages()[0] ?? (await browser.context.newPage());
      const signIn = async (email: string, password: string) => {
        await page.getByLabel('Email').fill(email);
        await page.getByLabel('Password').fill(password);
        await page.getByRole('button', { name: 'Sign in' }).click();
      };
      await page.goto(sena.local.consoleUrl);
      await signIn(sena.local.email, sena.local.password);
      // No node answers until the page has said that it waits for them: what comes then, comes while it is open.
      const held = satellites();
      expect(held.length).toBeGreaterThanOrEqual(2);
      const answer = page.getByRole('region', { name: 'Answer' });
      try {
        for (const pid of held) process.kill(pid, 'SIGSTOP');
        await page.getByRole('textbox', { name: 'Ask' }).fill('Which nodes are running out of disk space?');
        await page.getByRole('button', { name: 'Ask', exact: true }).click();
        await page.waitForURL(/\/runs\/run_/);
        await answer
          .getByRole('status')
          .getByText(/^Waiting for \d+ executions of \d+…$/)
          .waitFor();
        expect(await answer.getByText('web-07').count()).toBe(0);
        await page.getByRole('region', { name: 'Plan' }).getByText(/^df /).first().waitFor();
      } finally {
        for (const pid of held) process.kill(pid, 'SIGCONT');
      }
      await answer.getByText('web-07').first().waitFor();

      // The report is followed to what it rests on, and every node has its row.
      const asked = await owner.wait(new URL(page.url()).pathname.split('/').at(-1) ?? '');
      const executions = await owner.executions(asked.id);
      const evidence = (node: { name: string }, step: string) =>
        answer.getByRole('button', { name: `Output of ${node.name} · ${step}`, exact: true }).first();
      const cited = executions.filter(({ id }) => asked.findings.some((finding) => finding.executionIds.includes(id)));
      expect(cited.map(({ node }) => node.name)).toEqual(expect.arrayContaining(['db-01', 'web-07']));
      for (const { node, step } of cited) await evidence(node, step).waitFor();
      await evidence({ name: 'web-07' }, cited.find(({ node }) => node.name === 'web-07')?.step ?? '').click();
      const sheet = page.getByRole('dialog', { name: 'Output of web-07' });
      await sheet.getByText('/srv/data').first().waitFor();
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'hidden' });
      const results = page.getByRole('region', { name: 'Results' });
      await results.getByText('Node by node').click();
      await eventually('each execution has a row with its node and its outcome', async () => {
        const rows = await results.getByRole('region', { name: 'Executions' }).locator('tbody tr').allInnerTexts();
        return (
          rows.length === executions.length &&
          executions.every(({ node, exitCode }) =>
            rows.some((row) => row.includes(node.name) && row.includes(`Exit ${exitCode}`)),
          )
        );
      });

      // A change, asked for through the API, is approved by the other member in the browser.
      const run = await owner.run({
        kind: 'command',
        command: 'touch /tmp/approved-in-the-console',
        selector: 'name=web-08',
      });
      expect(run.status).toBe('awaiting_approval');
      await browser.context.clearCookies();
      await page.goto(`${sena.local.consoleUrl}/runs/${run.id}`);
      await signIn(sena.local.approver.email, sena.local.approver.password);
      await page.waitForURL(new RegExp(`/runs/${run.id}`));
      // A press on a card that has only just come under the pointer is not taken: then press again, as its words say.
      const approve = page.getByRole('button', { name: 'Approve', exact: true });
      await approve.click();
      await eventually('the press is taken', async () => {
        if (await page.getByText('nothing was decided').isVisible()) await approve.click();
        return page.getByText('Approved by you').isVisible();
      });
      const done = await ended(run.id);
      expect(done).toMatchObject({ status: 'succeeded', counts: { exitedZero: 1 } });
      await page.getByRole('region', { name: 'Answer' }).getByText('exit code 0').first().waitFor();
    } finally {
      await browser.close();
    }
  }, 90_000);
});

/** A run that is under way while pages are looked at and starts are refused. */
let long: Run;

describe('the console while runs are busy', () => {
  it('shows its pages at once', async () => {
    const browser = await startChromium();
    let runIds: string[];
    try {
      const page = browser.context.pages()[0] ?? (await browser.context.newPage());
      await page.goto(sena.local.consoleUrl);
      await page.getByLabel('Email').fill(sena.local.email);
      await page.getByLabel('Password').fill(sena.local.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('textbox', { name: 'Ask' }).waitFor();

      // One that is under way all the time, and many that come and go.
      const onEveryNode = async (command: string) =>
        (await owner.post<{ id: string }>('/v1/runs', { kind: 'command', command, selector: '*' })).body.id;
      const longId = await onEveryNode('sleep 20');
      const state = () => owner.get<Run>(`/v1/runs/${longId}`);
      await eventually('the long run is under way', async () => (await state()).status === 'running');
      runIds = await Promise.all(Array.from({ length: 20 }, () => onEveryNode('uptime')));
      for (const [path, text] of [
        ['/nodes', 'web-01'],
        ['/satellites', 'sat-fra1'],
        ['/runs', 'sleep 20'],
      ] as const) {
        const startedAtMs = performance.now();
        await page.goto(`${sena.local.consoleUrl}${path}`);
        await page.getByText(text).first().waitFor();
        expect(performance.now() - startedAtMs, path).toBeLessThan(5_000);
      }
      long = await state();
    } finally {
      await browser.close();
    }
    expect(long).toMatchObject({ status: 'running', counts: { total: 12, pending: 12 } });
    for (const runId of runIds) await succeedsOnAll(runId);
  }, 120_000);
});

describe('a start that can’t be', () => {
  const refusals: Array<[what: string, sentence: RegExp, prepare: () => Promise<SenaHome>]> = [
    [
      'a second one says where the first is, and how to stop it',
      /^✘ SENA is already running from this checkout: http:\S+ \(process \d+\)\. Open it there\. To start anew, stop it first: Ctrl-C in its terminal, or kill \d+\.$/,
      async () => ({ ...home, port: await freePort() }),
    ],
    [
      'a port in use is named, with the way to choose another',
      /^✘ Port \d+ on 127\.0\.0\.1 is in use by another program\. Stop that program, or choose another port: SENA_PORT=\d+ npm start$/,
      async () => ({ port: home.port, directory: await otherDirectory(0o755) }),
    ],
    [
      'a directory that PostgreSQL’s user can’t enter is named, with the ways out',
      /^✘ PostgreSQL runs as the user "postgres", who can't enter \S+ \(mode 0700\)\. Move the checkout to .*SENA_DATA_DIR=/,
      async () => ({ port: await freePort(), directory: await otherDirectory(0o700) }),
    ],
  ];
  it.each(refusals)('%s; it leaves nothing', async (_what, sentence, prepare) => {
    const place = await prepare();
    const { code, output, left } = await startInVain(place);
    expect(code, output).toBe(1);
    expect(output.split('\n').filter((line) => line.startsWith('✘'))).toEqual([expect.stringMatching(sentence)]);
    expect(left).toEqual([]);
    if (place.directory !== home.directory) {
      expect(await readdir(place.directory)).not.toContain('local.json');
      expect(await readdir(path.join(place.directory, 'data'))).not.toContain('postgres');
    }
    // The one that runs is none the worse for it.
    expect(JSON.parse(await readFile(path.join(home.directory, 'local.json'), 'utf8'))).toEqual(sena.local);
    expect((await owner.get<{ items: unknown[] }>('/v1/nodes')).items).toHaveLength(12);
  });

  /** Inside the running one's: it goes with that. */
  async function otherDirectory(mode: number): Promise<string> {
    const directory = await mkdtemp(path.join(home.directory, 'other-'));
    await chmod(directory, mode);
    return directory;
  }
});

describe('stopping and starting again', () => {
  let vendor: ScriptedVendor;
  afterAll(() => vendor?.stop());

  it('what ran all the while has ended well', () => succeedsOnAll(long.id), 90_000);

  it('Ctrl-C leaves no process behind', async () => {
    const processes = sena.processes();
    expect(processes.length).toBeGreaterThan(20);
    expect(await sena.interrupt()).toBe(0);
    await eventually('all of them have ended', () => stillRunning(everStarted).length === 0, { timeoutMs: 5_000 });
  }, 45_000);

  it('a second start takes under 20 s, keeps everything, and thinks with a model when one is configured', async () => {
    vendor = await startScriptedVendor(askForDisksThenReport);
    await start({ SENA_MODEL_URL: vendor.url, SENA_MODEL_NAME: 'scripted' });
    expect(sena.startMs).toBeLessThan(20_000);
    const { items } = await owner.get<{ items: unknown[] }>('/v1/nodes');
    expect(items).toHaveLength(12);

    const run = await owner.run({ kind: 'ask', prompt: 'Where is /srv/data full?' });
    expect(run).toMatchObject({ status: 'succeeded', planner: 'model' });
    expect(run.findings.map((finding) => finding.nodes.map((node) => node.name).sort())).toEqual([['db-01', 'web-07']]);
    expect(run.usage.modelCalls).toBe(2);
    const executions = await owner.executions(run.id);
    expect(executions).toHaveLength(12);
    expect(new Set(executions.map((execution: Execution) => execution.command))).toEqual(new Set(['df -P /srv/data']));
  }, 120_000);

  it('after kill -9 of the supervisor the next start recovers, and goes on with what was under way on another port', async () => {
    const asked = await owner.post<{ id: string }>('/v1/runs', { kind: 'command', command: 'sleep 8', selector: '*' });
    const { id } = asked.body;
    await eventually('it runs', async () => (await owner.get<Run>(`/v1/runs/${id}`)).counts.pending === 12);
    await sena.kill();
    home = { ...home, port: await freePort() };
    await start();
    const { items } = await owner.get<{ items: unknown[] }>('/v1/satellites');
    expect(items).toHaveLength(2);
    await succeedsOnAll(id);
    const run = await owner.run({ kind: 'command', command: 'hostname', selector: '*' });
    expect(run).toMatchObject({ status: 'succeeded', counts: { total: 12, exitedZero: 12 } });
  }, 120_000);
});

/** Runs a command that needs approval, approves it as the other member, and returns its executions. */
async function approved({ command, selector }: { command: string; selector: string }): Promise<Execution[]> {
  const run = await owner.run({ kind: 'command', command, selector });
  if (run.status === 'awaiting_approval') {
    const approval = await owner.approval(run.id);
    await approver.decide(approval.id, 'approve');
  }
  const done = await ended(run.id);
  expect(done.status).toBe('succeeded');
  return owner.executions(run.id);
}

async function succeedsOnAll(runId: string): Promise<void> {
  const run = await owner.wait(runId, 60_000);
  expect(run).toMatchObject({ status: 'succeeded', counts: { total: 12, exitedZero: 12 } });
}

/** A decision has been made: the run goes on by itself. */
function ended(runId: string): Promise<Run> {
  return eventually(
    `run ${runId} has ended`,
    async () => {
      const now = await owner.wait(runId);
      return now.status === 'awaiting_approval' ? null : now;
    },
    { timeoutMs: 40_000, everyMs: 50 },
  );
}

/** First turn: one command on every node. Second: a report that cites the nodes whose disk is full. */
function askForDisksThenReport(request: VendorRequest) {
  const result = request.messages.findLast((message) => message.role === 'tool');
  if (result === undefined) {
    return {
      kind: 'call' as const,
      tools: [{ name: 'run_command', arguments: { title: 'Disk space', command: 'df -P /srv/data' } }],
    };
  }
  const { groups } = JSON.parse(String(result.content)) as {
    groups: Array<{ members: Array<{ executionId: string }>; output: { stdout: string } }>;
  };
  const full = groups.filter((group) => / (9\d|100)% /.test(group.output.stdout)).flatMap((group) => group.members);
  const finding = {
    claim: '/srv/data is full',
    severity: 'critical',
    executionIds: full.map((member) => member.executionId),
  };
  return {
    kind: 'call' as const,
    tools: [{ name: 'report', arguments: { answer: '/srv/data is full on two nodes.', findings: [finding] } }],
  };
}

/** Every text in a JSON value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
