// The console in a real browser, against `npm start` on simulated hosts, as where sshd is missing: what an approver presses decides what
// they saw, once, and nothing slips under the pointer; what is copied is what is shown; every page can be read. One stack for all of it.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Approval } from '@sena/contracts/http/approvals';
import type { Node } from '@sena/contracts/http/fleet';
import type { Run } from '@sena/contracts/http/runs';
import { seedFleet } from '@sena/local/seed/seed-fleet';
import { startChromium, type TestBrowser } from '@sena/testing/chromium';
import { eventually } from '@sena/testing/eventually';
import { freePort } from '@sena/testing/free-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { listenForRefusals } from './listen-for-refusals.ts';
import { lookInBothSchemes } from './look-at-colors.ts';
import { type RunningSena, startSena } from './start-sena.ts';
import { wrongField } from './wrong-field.ts';

let directory: string;
let sena: RunningSena;
let owner: SenaApi;
let browser: TestBrowser;
/** Of everything that this file opens. */
let refusals: string[];
let page: Awaited<ReturnType<TestBrowser['context']['newPage']>>;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-e2e-'));
  // PostgreSQL runs as a user of its own, who has to get in.
  await chmod(directory, 0o755);
  sena = await startSena({ port: await freePort(), directory }, { SENA_LAB: 'simulated' });
  owner = senaApi(sena.local.apiUrl, sena.local.apiKey);
  browser = await startChromium();
  refusals = await listenForRefusals(browser);
  page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await page.goto(sena.local.consoleUrl);
  await signIn(sena.local.approver);
}, 150_000);

afterAll(async () => {
  await browser?.close();
  await sena?.interrupt();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

async function signIn({ email, password }: { email: string; password: string }): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('textbox', { name: 'Ask' }).waitFor();
}
async function asked(command: string, selector = 'name=web-08'): Promise<Approval> {
  const run = await owner.run({ kind: 'command', command, selector });
  expect(run.status).toBe('awaiting_approval');
  return owner.approval(run.id);
}
const now = (approval: Approval) => owner.get<Approval>(`/v1/approvals/${approval.id}`);
const cardOf = (command: string) =>
  page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: /second person/ }) })
    .filter({ hasText: command });
const buttonIn = (command: string, name: 'Approve' | 'Reject') =>
  cardOf(command).getByRole('button', { name, exact: true });

/** On the page, wherever it is scrolled to. */
const placeOf = (command: string) =>
  cardOf(command).evaluate((card) => {
    const { x, y, width, height } = card.getBoundingClientRect();
    return { x, y: y + (card.ownerDocument.defaultView?.scrollY ?? Number.NaN), width, height };
  });

/** The page takes a press only on what has stood still for a moment. Returns where the pointer was. */
async function pressWhenStill(
  command: string,
  name: 'Approve' | 'Reject',
  clickCount = 1,
): Promise<{ x: number; y: number }> {
  const button = buttonIn(command, name);
  await button.scrollIntoViewIfNeeded();
  await page.waitForTimeout(stillMs);
  const box = await button.boundingBox();
  if (box === null) throw new Error(`the button ${name} of ${command} is not on the page`);
  const pointer = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.click(pointer.x, pointer.y, { clickCount });
  return pointer;
}
/** Longer than the page waits before it takes a press. */
const stillMs = 900;

describe('the start on simulated hosts', () => {
  it('says so, and its first answer is as true as on real ones', async () => {
    expect(sena.output()).toContain('simulated hosts: Simulated hosts were asked for.');
    expect(sena.output()).toMatch(/2 of 12 nodes: db-01 .*web-07/);
  });

  it('they answer what is asked', async () => {
    const run = await owner.run({ kind: 'ask', prompt: 'Which services are dead?' });
    expect(run).toMatchObject({ status: 'succeeded', counts: { total: 12, exitedZero: 12 } });
    const dead = run.findings.filter(({ severity }) => severity !== 'info').flatMap(({ nodes }) => nodes);
    expect([...new Set(dead.map(({ name }) => name))].sort()).toEqual(['web-02', 'web-07']);
    const kernel = await owner.run({ kind: 'command', command: 'uname -r', selector: 'name=db-01' });
    const [execution] = await owner.executions(kernel.id);
    expect((await owner.output(execution?.id ?? '')).toString()).toContain('simulated');
  });
});

describe('the list of approvals', () => {
  it('a double click on Approve decides that one alone; the card stays where it is and says so', async () => {
    const below = await asked('touch /tmp/press-below');
    const above = await asked('touch /tmp/press-above');
    await page.goto(`${sena.local.consoleUrl}/approvals`);
    await buttonIn('press-below', 'Approve').waitFor();
    const placeBelow = await placeOf('press-below');
    const placeAbove = await placeOf('press-above');
    const pointer = await pressWhenStill('press-above', 'Approve', 2);

    await cardOf('press-above').getByText('Approved by you just now').waitFor();
    // And once more in the same place, after the list was loaded anew.
    await page.waitForResponse((response) => response.url().includes('/v1/approvals?') && response.ok());
    await page.waitForTimeout(200);
    await page.mouse.dblclick(pointer.x, pointer.y);
    expect(await placeOf('press-above')).toEqual(placeAbove);
    expect(await placeOf('press-below')).toEqual(placeBelow);
    expect(await now(above)).toMatchObject({ status: 'approved' });
    expect(await now(below)).toMatchObject({ status: 'pending', decidedBy: null });
    // One decision reached the API, not one and a refused one.
    const { items } = await owner.get<{ items: Array<{ action: string; subject: string }> }>(
      '/v1/audit-events?limit=50',
    );
    expect(items.filter(({ action }) => action === 'approval.approved').map(({ subject }) => subject)).toEqual([
      above.id,
    ]);
    await page.reload();
    await buttonIn('press-below', 'Approve').waitFor();
    expect(await cardOf('press-above').count()).toBe(0);
  }, 60_000);

  it('a press on a card that has only just come under the pointer decides nothing, and says so', async () => {
    const approval = await asked('touch /tmp/press-too-soon');
    await page.goto(`${sena.local.consoleUrl}/`);
    // A finger that was already on its way: it comes down the moment the button is there, however slow this machine is.
    await page.evaluate(() => {
      new MutationObserver((_changes, observer) => {
        const button = [...document.querySelectorAll('section')]
          .filter((card) => card.textContent?.includes('press-too-soon'))
          .flatMap((card) => [...card.querySelectorAll('button')])
          .find((each) => each.textContent?.trim() === 'Approve');
        if (button === undefined) return;
        observer.disconnect();
        button.dispatchEvent(new MouseEvent('click', { bubbles: true, detail: 1 }));
      }).observe(document.body, { childList: true, subtree: true });
    });
    await page
      .getByRole('link', { name: /Approvals/ })
      .first()
      .click();
    await cardOf('press-too-soon').getByText('nothing was decided').waitFor();
    expect(await now(approval)).toMatchObject({ status: 'pending' });
    await pressWhenStill('press-too-soon', 'Reject');
    await cardOf('press-too-soon').getByText('Rejected by you just now').waitFor();
    expect(await now(approval)).toMatchObject({ status: 'rejected' });
  }, 60_000);

  it('one that arrives later moves nothing until it is asked for', async () => {
    await page.goto(`${sena.local.consoleUrl}/approvals`);
    await buttonIn('press-below', 'Approve').waitFor();
    const before = await placeOf('press-below');
    await asked('touch /tmp/press-later');
    await page.getByRole('button', { name: '1 newer approval' }).waitFor();
    expect(await placeOf('press-below')).toEqual(before);
    expect(await cardOf('press-later').count()).toBe(0);
    await page.getByRole('button', { name: '1 newer approval' }).click();
    await buttonIn('press-later', 'Approve').waitFor();
  }, 60_000);

  it('works by keyboard: Enter decides once, and the focus goes on from what was decided', async () => {
    const approval = await asked('touch /tmp/press-by-key');
    await page.goto(`${sena.local.consoleUrl}/approvals`);
    await buttonIn('press-by-key', 'Approve').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await cardOf('press-by-key').getByText('Approved by you just now').waitFor();
    expect(await now(approval)).toMatchObject({ status: 'approved' });
    await eventually('the focus is in the card', () =>
      cardOf('press-by-key').evaluate((card) => card.contains(card.ownerDocument.activeElement)),
    );
  }, 60_000);
});

describe('an approval on the page', () => {
  it('shows exactly what is approved, and reaches every node of it', async () => {
    const approval = await asked('touch /tmp/press-exact \u202e # c\u0430t', '*');
    expect(approval.commands[0]?.nodeCount).toBe(12);
    await page.goto(`${sena.local.consoleUrl}/approvals`);
    const card = cardOf('press-exact');
    await card.waitFor();
    const text = async () => (await card.allInnerTexts()).join('\n');
    expect(await text()).toContain('touch /tmp/press-exact \\u{202e} # c\\u{430}t');
    expect(await text()).toContain('2 characters shown as an escape');
    await card.getByRole('button', { name: 'Show all 12 nodes' }).click();
    await card.getByText('1–12 of 12 nodes').waitFor();
    const shown = await text();
    const { items: nodes } = await owner.get<{
      items: Array<{
        name: string;
        address: string;
        port: number;
        runAs: string;
        credential: string;
        hostKey: string | null;
        site: { name: string };
      }>;
    }>('/v1/nodes');
    expect(nodes).toHaveLength(12);
    for (const node of nodes) {
      expect(shown).toContain(`${node.name}\n${node.runAs}@${node.address}:${node.port}`);
      expect(shown).toContain(`site ${node.site.name}, through sat-${node.site.name}`);
      expect(shown).toContain(`credential ${node.credential}`);
      expect(shown).toContain(
        node.hostKey === null ? 'host key as the satellite has it on record' : `host key ${node.hostKey}`,
      );
    }
    for (const words of ['sh -c', 'Stopped after 5 min', 'of each stream', 'To begin', approval.actionDigest]) {
      expect(shown).toContain(words);
    }
  }, 60_000);
});

describe('the nodes', () => {
  it('one is deleted after a question that names it, and an approval over it then runs nothing', async () => {
    const run = await owner.run({ kind: 'command', command: 'touch /tmp/press-gone', selector: 'name=cache-01' });
    await browser.context.clearCookies();
    await page.goto(sena.local.consoleUrl);
    await signIn(sena.local);
    await page.goto(`${sena.local.consoleUrl}/nodes`);
    await page.getByRole('button', { name: 'Delete cache-01' }).click();
    const dialog = page.getByRole('alertdialog', { name: 'Delete cache-01?' });
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    expect((await owner.get<{ items: unknown[] }>('/v1/nodes')).items).toHaveLength(12);
    await page.getByRole('button', { name: 'Delete cache-01' }).click();
    await dialog.getByRole('button', { name: 'Delete cache-01' }).click();
    await page.getByText('cache-01 was deleted').waitFor();
    await page.getByRole('button', { name: 'Delete cache-01' }).waitFor({ state: 'detached' });

    await page.goto(`${sena.local.consoleUrl}/runs/${run.id}`);
    await page.getByText('cache-01 was deleted meanwhile').waitFor();
    const approver = senaApi(sena.local.apiUrl, sena.local.approver.apiKey);
    expect((await approver.decide((await owner.approval(run.id)).id, 'approve')).status).toBe(200);
    const done = await eventually('the run has ended', async () => {
      const current = await owner.wait(run.id);
      return current.status === 'awaiting_approval' ? null : current;
    });
    expect(done).toMatchObject({ status: 'cancelled', counts: { total: 0 } });
    await page.getByText('cache-01 was deleted after this was put to approval').first().waitFor();
  }, 60_000);
});

describe('a run that is cancelled while it waits', () => {
  it('asks nobody any more, on its page and in the sidebar, without a reload', async () => {
    await page.goto(`${sena.local.consoleUrl}/?kind=command`);
    await page.getByRole('textbox', { name: 'Command', exact: true }).fill('touch /tmp/press-cancelled');
    await page.getByLabel('On nodes').fill('name=web-08');
    await page.getByLabel('On nodes').press('Control+Enter');
    await cardOf('press-cancelled').getByText('Waiting', { exact: true }).waitFor();
    const runId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const { items } = await owner.get<{ items: unknown[] }>('/v1/approvals?status=pending');
    const sidebar = (waiting: number) =>
      page.getByRole('link', { name: `Approvals${waiting === 0 ? '' : ` ${waiting} waiting`}`, exact: true }).first();
    await sidebar(items.length).waitFor();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await page.locator('[data-testid="run-status"][data-status="cancelled"]').first().waitFor();
    const shown = { timeout: 5_000 };
    await cardOf('press-cancelled').getByText('No longer needed').first().waitFor(shown);
    await sidebar(items.length - 1).waitFor(shown);
    expect(await owner.wait(runId)).toMatchObject({ status: 'cancelled', counts: { total: 0 } });
  }, 60_000);
});

describe('a command that is asked for ahead', () => {
  it('says its window and its time zone wherever it is shown, and waits once it is approved', async () => {
    await page.goto(`${sena.local.consoleUrl}/?kind=command`);
    await page.getByRole('textbox', { name: 'Command', exact: true }).fill('touch /tmp/press-ahead');
    await page.getByLabel('On nodes').fill('name=web-08');
    const startAt = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 86_400_000);
    const onTheWall = new Date(startAt.getTime() - startAt.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    await page.getByLabel('Start at').fill(onTheWall);
    const zone = String(await page.evaluate('Intl.DateTimeFormat().resolvedOptions().timeZone'));
    await page.getByText(zone, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Schedule' }).click();

    await page.getByText(/^starts at .*, in 24 h if it is approved$/).waitFor();
    await page.getByText(/^Not before .*, and by .*/).waitFor();
    const runId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    expect(await owner.get<Run>(`/v1/runs/${runId}`)).toMatchObject({ startAt: startAt.toISOString() });
    const approver = senaApi(sena.local.apiUrl, sena.local.approver.apiKey);
    expect((await approver.decide((await owner.approval(runId)).id, 'approve')).status).toBe(200);
    await page.locator('[data-testid="run-status"][data-status="scheduled"]').first().waitFor();
    await page.getByText(/^It begins at /).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'A second person was asked' }).waitFor();
    await page.getByText('Approved to begin').waitFor();

    await page.goto(`${sena.local.consoleUrl}/runs`);
    await page.getByText(/^starts at /).waitFor();
    await owner.post(`/v1/runs/${runId}/cancel`, {});
    expect(await owner.wait(runId)).toMatchObject({ status: 'cancelled', startedAt: null, counts: { total: 0 } });
  }, 60_000);
});

describe('a site', () => {
  it('says on its card how many commands run there at once, where it is changed and lifted', async () => {
    await page.goto(`${sena.local.consoleUrl}/satellites`);
    const card = page.getByRole('list', { name: 'Sites' }).getByRole('listitem').filter({ hasText: 'fra1' });
    await card.getByText('No limit on commands at once').waitFor();
    const change = async (limit: string) => {
      await card.getByRole('button', { name: 'Change how many commands run at once at fra1' }).click();
      await page.getByRole('dialog').getByLabel('At most').fill(limit);
      await page.getByRole('button', { name: 'Change the limit' }).click();
    };
    await change('5');
    await card.getByText('At most 5 commands at once').waitFor();
    // A slip of the finger is no number: it is said, and lifts no limit.
    await change('5e');
    await page.getByText('A limit is a whole number from 1 to 100000.').waitFor();
    expect(await wrongField(page)).toMatch('A limit is a whole number');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await card.getByText('At most 5 commands at once').waitFor();
    await change('');
    await card.getByText('No limit on commands at once').waitFor();
  }, 60_000);
});

describe('the join command', () => {
  it('is copied whole by a press, and pasted into a shell it enrols a satellite', async () => {
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: sena.local.consoleUrl });
    await page.goto(`${sena.local.consoleUrl}/satellites`);
    await page.getByRole('button', { name: 'Add a satellite' }).first().click();
    await page.getByRole('button', { name: 'Make the join command' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a satellite' });
    await dialog.getByRole('button', { name: 'Copy the command' }).click();
    await dialog.getByRole('button', { name: 'Copied', exact: true }).waitFor();
    const copied = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(copied).toMatch(
      new RegExp(
        `^npm run satellite -- enroll --url ${sena.local.consoleUrl} --token sena_join_[\\w-]{43} --pin SHA256:[\\w+/]{43} --name \\w+-1 --config \\.sena/satellite\\.json$`,
      ),
    );
    expect(await dialog.getByText(copied, { exact: true }).count()).toBe(1);

    // As somebody else would at the site; only the place of its files is the test's own.
    const config = path.join(directory, 'pasted', 'satellite.json');
    const pasted = copied.replace('.sena/satellite.json', config);
    const { stdout } = await promisify(execFile)('sh', ['-c', pasted], {
      cwd: path.resolve(import.meta.dirname, '..', '..'),
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    expect(stdout).toMatch(/enrol/i);
    await dialog.getByText(/has enrolled/).waitFor();
    await expect(promisify(execFile)('sh', ['-c', pasted.replace('/pasted/', '/pasted-again/')])).rejects.toThrow();
  }, 60_000);
});

describe('the pages', () => {
  it('the audit is verified at a press, and says up to where it holds', async () => {
    await page.goto(`${sena.local.consoleUrl}/audit`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText(/^All \d+ records hold$/).waitFor();
    await page.getByText(/^Signed up to record \d+, witnessed by a satellite up to record \d+\./).waitFor();
  });

  it('can be read in light and in dark', async () => {
    const { items: runs } = await owner.get<{ items: Run[] }>('/v1/runs?limit=100');
    const runWith = (text: string) =>
      `/runs/${runs.find(({ prompt, command }) => `${prompt}${command}`.includes(text))?.id}`;
    for (const [address, text] of [
      ['/', 'Ask'],
      [runWith('disk space'), 'web-07'],
      [runWith('press-gone'), 'cancelled'],
      [runWith('press-later'), 'second person'],
      ['/runs', 'Which services are dead?'],
      ['/approvals', 'press-later'],
      ['/policies', 'approval by a second person'],
      ['/nodes', 'web-01'],
      ['/satellites', 'sat-fra1'],
      ['/audit', 'satellite.enrolled'],
      ['/no-such-page', 'Nothing lives at this address'],
      ['/sign-in', 'Password'],
    ] as const) {
      if (address === '/sign-in') await browser.context.clearCookies();
      await page.goto(`${sena.local.consoleUrl}${address}`);
      await page.getByText(text).first().waitFor();
      // A button that waits for its answer is disabled, and faint like all of those.
      await page.getByText('Asking the policies…').waitFor({ state: 'hidden' });
      const { light, dark } = await lookInBothSchemes(page);
      for (const [scheme, { faint, textCount }] of Object.entries({ light, dark })) {
        expect(faint, `${address} in ${scheme}`).toEqual([]);
        expect(textCount).toBeGreaterThan(2);
      }
      for (const bright of [light.background, dark.foreground]) expect(bright).toBeGreaterThan(0.7);
      for (const deep of [light.foreground, dark.background]) expect(deep).toBeLessThan(0.1);
    }
    // And what can't be read would be seen.
    await page.evaluate(() => {
      document.body.append(
        Object.assign(document.createElement('p'), { textContent: 'too faint', style: 'color: #888a' }),
      );
    });
    const { light, dark } = await lookInBothSchemes(page);
    for (const { faint } of [light, dark]) expect(faint).toEqual([expect.stringContaining('too faint')]);
  }, 60_000);

  it('everything in them is what their content security policy allows: on every page, in dialogs, menus, lists and messages', async () => {
    const open = async (address: string, text: string) => {
      await page.goto(`${sena.local.consoleUrl}${address}`);
      await page.getByText(text).first().waitFor();
    };
    const closeDialog = async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    /** The list is placed under its button and the page behind it stands still, all by styles. */
    const lookAtList = async (label: string) => {
      await page.getByLabel(label, { exact: true }).click();
      await page.getByRole('listbox').waitFor();
      expect(await page.evaluate(() => getComputedStyle(document.body).overflow), label).toBe('hidden');
      await page.keyboard.press('Escape');
      await page.getByRole('listbox').waitFor({ state: 'detached' });
    };
    const ran = await owner.run({ kind: 'command', command: 'uname -r', selector: 'role=web' });
    const waiting = await asked('touch /tmp/press-refused', '*');
    await browser.context.clearCookies();
    await open('/sign-in', 'Password');
    await signIn(sena.local);

    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByText('Recent runs').waitFor();
    await closeDialog();
    await page.getByRole('button', { name: 'account menu' }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    await page.locator('html.dark').waitFor();

    await open(`/runs/${ran.id}`, 'uname -r');
    const bar = page.getByRole('progressbar', { name: 'Executions that have ended' });
    const parts = await bar.locator('> div').evaluateAll((all) => all.map((part) => getComputedStyle(part).flexGrow));
    expect(parts).toEqual([String(ran.counts.total)]);
    await page.getByText('Node by node').click();
    await page
      .getByRole('button', { name: /^Output of / })
      .first()
      .click();
    await page.getByRole('dialog').waitFor();
    await closeDialog();
    await open(`/runs/${waiting.runId}`, 'press-refused');
    await open('/runs', 'press-refused');
    await lookAtList('Status');
    await open('/approvals', 'press-refused');
    await open('/policies', 'approval by a second person');
    await open('/nodes', 'web-01');
    await lookAtList('Site');
    // And a message in the corner, which is drawn as its style sheet says.
    const { items: nodes } = await owner.get<{ items: Node[] }>('/v1/nodes?limit=100');
    const { name } = nodes.find((node) => node.labels.role !== 'web') as Node;
    await page.getByRole('button', { name: `Delete ${name}` }).click();
    await page
      .getByRole('alertdialog')
      .getByRole('button', { name: `Delete ${name}` })
      .click();
    const message = page.getByRole('listitem').filter({ hasText: `${name} was deleted` });
    await message.waitFor();
    expect(await message.evaluate((item) => getComputedStyle(item).position)).toBe('absolute');
    await open('/satellites', 'sat-fra1');
    await page.getByRole('button', { name: 'Add a satellite' }).first().click();
    await page.getByRole('dialog', { name: 'Add a satellite' }).waitFor();
    await closeDialog();
    await open('/members', sena.local.email);
    await page.getByRole('button', { name: 'Invite a member' }).first().click();
    await page.getByRole('dialog').waitFor();
    await closeDialog();
    await open('/api-keys', 'seeded');
    await page.getByRole('button', { name: 'Create a key' }).first().click();
    await page.getByRole('dialog').waitFor();
    await closeDialog();
    await open('/account', 'this one');
    await open('/account/passkeys', 'Add a passkey');
    await open('/audit', 'satellite.enrolled');
    await open(`/invitation#sena_invite_${'A'.repeat(43)}`, 'taken back');
    await open('/no-such-page', 'Nothing lives at this address');
    expect(refusals).toEqual([]);

    // And what is refused would be seen.
    await page.evaluate(() => {
      const place = document.body.appendChild(document.createElement('div'));
      place.innerHTML = '<p style="color: red">by attribute</p><style>p { color: red }</style>';
    });
    await eventually('both were refused', async () =>
      ['style-src-attr', 'style-src-elem'].every((directive) =>
        refusals.some((line) => line.startsWith(`/no-such-page: ${directive} refused inline`)),
      ),
    );
    expect(await page.getByText('by attribute').evaluate((text) => getComputedStyle(text).color)).not.toBe(
      'rgb(255, 0, 0)',
    );
    await owner.post(`/v1/runs/${waiting.runId}/cancel`, {});
  }, 120_000);
});

describe('a host of the lab that has moved', () => {
  it('is registered where it is now, once; who stayed stays the same node', async () => {
    const access = { url: sena.local.apiUrl, apiKey: sena.local.apiKey };
    const at = (name: string, port: number) => ({
      ...{ name, port, address: '127.0.0.1', runAs: 'root', labels: {} },
      hostKey: `SHA256:${'A'.repeat(43)}`,
    });
    const nodesThere = async () =>
      (await owner.get<{ items: Node[] }>('/v1/nodes?limit=100')).items.filter(({ site }) => site.name === 'moving');
    await seedFleet(access, [{ name: 'moving', nodes: [at('stays', 4_001), at('moves', 4_002)] }]);
    const before = await nodesThere();
    await seedFleet(access, [{ name: 'moving', nodes: [at('stays', 4_001), at('moves', 4_003)] }]);
    const after = await nodesThere();
    expect(after.map(({ name, port }) => [name, port]).sort()).toEqual([
      ['moves', 4_003],
      ['stays', 4_001],
    ]);
    const idOf = (nodes: Node[], name: string) => nodes.find((node) => node.name === name)?.id;
    expect(idOf(after, 'stays')).toBe(idOf(before, 'stays'));
    expect(idOf(after, 'moves')).not.toBe(idOf(before, 'moves'));
  });
});
