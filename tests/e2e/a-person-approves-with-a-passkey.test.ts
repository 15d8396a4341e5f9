// The whole way, in a real browser with a virtual authenticator: a passkey is made in the console and by `sena passkey`, its entry is put into
// a satellite's file as it was given, and changes that it signs run there; without it they don't. What became of one that nobody saw end is
// shown in the same browser.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Approval } from '@sena/contracts/http/approvals';
import type { Node, Site } from '@sena/contracts/http/fleet';
import type { Run } from '@sena/contracts/http/runs';
import type { Lab, LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { startChromium, type TestBrowser } from '@sena/testing/chromium';
import { eventually } from '@sena/testing/eventually';
import { freePort } from '@sena/testing/free-port';
import { addVirtualAuthenticator, type VirtualAuthenticator } from '@sena/testing/virtual-authenticator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

const program = path.resolve(import.meta.dirname, '..', '..', 'apps', 'cli', 'src', 'main.ts');
/** Longer than the page waits before it takes a press. */
const stillMs = 900;
/** For what comes by itself: a busy machine takes its time. */
const patienceMs = 120_000;
/** Of the node: whoever comes here has it let people in again. */
const gatePort = 4998;

type Page = Awaited<ReturnType<TestBrowser['context']['newPage']>>;
let directory: string;
let lab: Lab;
let site: LabSite;
let cloud: Cloud;
let owner: SenaApi;
let browser: TestBrowser;
/** The console, and what `sena` opens: each has a device of its own. */
let page: Page;
let device: VirtualAuthenticator;
let ownPage: Page;
let satellite: JoinedSatellite | undefined;
/** Of the page that `sena` opens: chosen when the passkey is made, and the satellite lists it from then on. */
let commandPort: number | undefined;
let publicUrl: string;
const entries: object[] = [];
let serial = 0;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-passkey-'));
  const frontPort = await freePort();
  publicUrl = `http://localhost:${frontPort}`;
  const hosts = [{ name: 'ledger-1', labels: {}, faults: [] }];
  [cloud, lab, browser] = await Promise.all([
    startCloud({
      ...{ console: true, frontPort, publicUrl },
      environment: { orchestrator: { COMMAND_TIMEOUT_MS: '20000', DISPATCH_VALIDITY_MS: '30000' } },
    }),
    startLab({ stateDirectory: path.join(directory, 'lab'), sites: [{ name: 'books', hosts }], kind: 'openssh' }),
    startChromium(),
  ]);
  site = lab.sites[0] as LabSite;
  owner = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  page = await browser.context.newPage();
  device = await addVirtualAuthenticator(page);
  ownPage = await browser.context.newPage();
  await addVirtualAuthenticator(ownPage);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await satellite?.stop();
  await cloud?.stop();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

/** Below those that the system gives out by itself, so that another process has it only if it asked for that very one. */
const somePort = () => 20_000 + Math.floor(Math.random() * 10_000);

/** `sena`, whose page is opened and its button pressed. Starts again where somebody has its port. */
async function sena(command: string[], said: string) {
  for (let triesLeft = 10; ; triesLeft -= 1) {
    const port = commandPort ?? somePort();
    const { child, printed, ended } = startSenaCommand([...command, '--port', String(port)], said);
    const url = await eventually('it names its page or ends', () => {
      const address = /http:\/\/localhost:\d+\/\S+/.exec(printed.all)?.[0];
      return address ?? (child.exitCode === null ? null : 'none');
    });
    if (url === 'none') {
      await ended;
      if (triesLeft > 1 && printed.all.includes('EADDRINUSE')) {
        await sleep(500);
        continue;
      }
      throw new Error(`sena has ended:\n${printed.all}`);
    }
    commandPort = port;
    await ownPage.bringToFront();
    await ownPage.goto(url);
    const shown = (await ownPage.locator('pre').textContent()) ?? '';
    await ownPage.getByRole('button').click();
    const [code] = await ended;
    return { code, ...printed, shown };
  }
}

function startSenaCommand(command: string[], said: string) {
  const child: ChildProcess = spawn(process.execPath, [program, ...command, '--url', cloud.stack.frontUrl], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      SENA_API_KEY: cloud.keys.approver,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', all: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout += text;
    printed.all += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed.all += text;
  });
  const ended = once(child, 'close');
  child.stdin?.end(said);
  return { child, printed, ended };
}

async function asked(command = '') {
  serial += 1;
  const line = `line-${serial}`;
  const run = await owner.run({ kind: 'command', command: `echo ${line}${command} >> /srv/changes`, selector: '*' });
  expect(run.status).toBe('awaiting_approval');
  return { line, runId: run.id, approval: await owner.approval(run.id) };
}
const changes = async () =>
  (await runOnHost(site, site.hosts[0] as LabHost, 'cat /srv/changes 2>/dev/null || true', 20_000)).stdout
    .toString()
    .split('\n')
    .filter(Boolean);
const succeeds = (runId: string) =>
  eventually('the run has succeeded', async () => (await owner.wait(runId)).status === 'succeeded');

it('a passkey is made in the console, which shows its entry', async () => {
  // Browsers ask for passkeys on the page that is in front alone.
  await page.bringToFront();
  await page.goto(`${publicUrl}/account/passkeys`);
  await page.getByLabel('Email').fill(cloud.approver.email);
  await page.getByLabel('Password').fill(cloud.approver.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('You have no passkey here').waitFor();
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  const entry = (await page.getByRole('region', { name: 'Entry for the satellite' }).textContent()) ?? '';
  entries.push(JSON.parse(entry));
  expect(entries[0]).toMatchObject({ name: 'adam', rpId: 'localhost', origins: [publicUrl] });
  expect(await device.count()).toBe(1);
}, 60_000);

it('another one, made on the account page, signs in by itself; the one for approvals does not', async () => {
  await page.bringToFront();
  const signOut = async () => {
    await page.getByRole('button', { name: 'account menu' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  };
  await page.goto(`${publicUrl}/account`);
  await page.getByText('Passkeys for signing in').first().waitFor();
  await signOut();
  // The device has one passkey, which is for approvals: it is not even offered.
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByText('The passkey was not used').waitFor();
  await page.getByLabel('Email').fill(cloud.approver.email);
  await page.getByLabel('Password').fill(cloud.approver.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('textbox', { name: 'Ask' }).waitFor();

  await page.goto(`${publicUrl}/account`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('list', { name: 'Passkeys for signing in' }).getByRole('listitem').waitFor();
  expect(await device.count()).toBe(2);
  await signOut();

  await device.recognize(false);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByText('The passkey was not used').waitFor();
  await device.recognize(true);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('textbox', { name: 'Ask' }).waitFor();
  // The list that satellites are given knows the one for approvals alone.
  await page.goto(`${publicUrl}/account/passkeys`);
  await page.getByRole('region', { name: 'Entry for the satellite' }).waitFor();
  expect(await page.getByRole('region', { name: 'Entry for the satellite' }).count()).toBe(1);
}, 90_000);

it('`sena passkey` makes one that the cloud knows nothing of, and prints its entry', async () => {
  const { code, stdout, shown } = await sena(['passkey'], '');
  expect(code).toBe(0);
  expect(shown).toContain('adam');
  entries.push(JSON.parse(stdout));
  expect(entries[1]).toMatchObject({ name: 'adam', rpId: 'localhost', origins: [`http://localhost:${commandPort}`] });
}, 60_000);

it('a satellite takes both entries as they are', async () => {
  const { body } = await owner.post<Site>('/v1/sites', { name: site.name });
  for (const { name, address, port, user, hostKey } of site.hosts)
    await owner.post<Node>('/v1/nodes', { siteId: body.id, name, address, port, runAs: user, hostKey });
  await site.uplink({ host: '127.0.0.1', port: Number(new URL(cloud.stack.frontUrl).port) });
  satellite = await joinSatellite({
    ...{ api: owner, siteId: body.id, url: cloud.stack.frontUrl, enter: site.enter },
    directory: path.join(directory, 'sat-books'),
    config: {
      credentials: { default: { privateKeyFile: site.clientKeyPath } },
      knownHostsFile: site.knownHostsPath,
      policy: { passkeys: { requiredToChange: 1, approvers: entries } },
      limits: { connectTimeoutMs: 2_000, findOutMs: 1_000 },
    },
  });
}, 60_000);

it('in the console the change says what it needs, and runs once when it is signed', async () => {
  const { line, runId } = await asked();
  await page.bringToFront();
  await page.goto(`${publicUrl}/approvals`);
  await page.getByText('It needs a passkey of a person listed at satellite sat-books').waitFor();
  const approve = page.getByRole('button', { name: 'Approve with passkey' });
  await approve.scrollIntoViewIfNeeded();

  await device.recognize(false);
  await page.waitForTimeout(stillMs);
  await approve.click();
  await page.getByText('The passkey was not used: it was cancelled').waitFor();
  expect((await owner.wait(runId)).status).toBe('awaiting_approval');

  await device.recognize(true);
  await page.waitForTimeout(stillMs);
  await approve.click();
  await page.getByText('Approved by you just now').waitFor();
  await succeeds(runId);
  expect(await changes()).toEqual([line]);
}, 90_000);

it('`sena approve` shows what is hidden, signs on its own page, and the change runs once', async () => {
  const { line, runId, approval } = await asked("'\u202e'");
  const { code, all, shown } = await sena(['approve', approval.id], 'yes\n');
  expect(all).toContain(`echo ${line}'\\u{202e}' >> /srv/changes`);
  expect(shown).toContain(`echo ${line}'\\u{202e}' >> /srv/changes`);
  expect(shown).toContain(approval.actionDigest);
  expect(all).toContain('✔ Approved.');
  expect(code).toBe(0);
  await succeeds(runId);
  expect((await changes()).filter((each) => each.startsWith(line))).toHaveLength(1);
  expect((await owner.get<Approval>(`/v1/approvals/${approval.id}`)).status).toBe('approved');
}, 90_000);

async function comeTo({ address }: LabHost, port: number): Promise<void> {
  const door = await site.inlet({ host: address, port });
  try {
    const socket = connect(door.port, door.host);
    // The gate ends it as soon as somebody came.
    await once(socket.resume(), 'close');
  } finally {
    await door.close();
  }
}

it('an end that nobody saw is unknown, with what to do; once it is found out the page says so by itself, and on whose word', async () => {
  const node = site.hosts[0] as LabHost;
  const run = await owner.run({
    ...{ kind: 'command', selector: '*' },
    command: 'touch /srv/begun; until [ -e /srv/locked ]; do sleep 0.1; done; echo done >> /srv/found-out',
  });
  // Once it has begun, whoever is in is thrown out, and nobody is let in until somebody comes to the gate. It ends meanwhile.
  const lockOut = [
    'until [ -e /srv/begun ]; do sleep 0.02; done',
    'first=$(pgrep -o sshd); kill -STOP $first; for p in $(pgrep sshd); do [ $p = $first ] || kill -9 $p; done',
    'touch /srv/locked',
    `perl -MIO::Socket::INET -e "IO::Socket::INET->new(Listen => 1, LocalPort => ${gatePort})->accept"`,
    'kill -CONT $first',
  ].join('; ');
  await runOnHost(site, node, `setsid sh -c '${lockOut}' > /dev/null 2>&1 < /dev/null &`, 20_000);
  await page.bringToFront();
  await page.goto(`${publicUrl}/runs/${run.id}`);
  await page.evaluate('window.isThisPage = true');
  const approve = page.getByRole('button', { name: 'Approve with passkey' });
  await approve.scrollIntoViewIfNeeded();
  await page.waitForTimeout(stillMs);
  await approve.click();

  // What the API says first, then what the page makes of it.
  const outcome = async () => {
    const { counts } = await owner.get<Run>(`/v1/runs/${run.id}`);
    return counts.unknown === 1 ? 'unknown' : counts.exitedZero === 1 ? 'exited' : 'pending';
  };
  await eventually('the API says unknown', async () => (await outcome()) === 'unknown', { timeoutMs: patienceMs });
  const unsettled = page.getByLabel('What did not run to an end');
  const patience = { timeout: patienceMs };
  await unsettled.getByText('the node could not be reached again', { exact: true }).waitFor(patience);
  await unsettled.getByText('Look at each of these nodes before you try again').waitFor(patience);
  await unsettled.getByText('The node could not be reached again to ask what became of the command').waitFor(patience);
  // Only now: the page has said all that.
  await comeTo(node, gatePort);

  await eventually('the API says exited', async () => (await outcome()) === 'exited', { timeoutMs: patienceMs });
  // From here on the page has to look for itself: it is neither loaded again nor touched.
  await unsettled.waitFor({ state: 'detached', ...patience });
  await page.getByText('Exit 0').first().waitFor(patience);
  await page.getByText('Node by node').click(patience);
  await page.getByRole('button', { name: /^Output of ledger-1, command/ }).click(patience);
  const sheet = page.getByRole('dialog');
  await sheet.getByText('Found out later').waitFor(patience);
  expect(await sheet.textContent()).toMatch(
    /At first nobody knew[\s\S]*What stands here now was told by .+ audit\s+event\s+\S+\./,
  );
  expect(await page.evaluate('window.isThisPage')).toBe(true);
  expect((await runOnHost(site, node, 'cat /srv/found-out', 20_000)).stdout).toBe('done\n');
}, 600_000);
