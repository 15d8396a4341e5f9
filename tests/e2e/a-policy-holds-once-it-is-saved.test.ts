// The policies page in a real browser, against `npm start` on simulated hosts: a mistake is shown with its line, a text is tried before it
// holds, and what is saved decides the next run.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChromium, type TestBrowser } from '@sena/testing/chromium';
import { freePort } from '@sena/testing/free-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { lookInBothSchemes } from './look-at-colors.ts';
import { type RunningSena, startSena } from './start-sena.ts';
import { wrongField } from './wrong-field.ts';

let directory: string;
let sena: RunningSena;
let owner: SenaApi;
let browser: TestBrowser;
let page: Awaited<ReturnType<TestBrowser['context']['newPage']>>;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-e2e-'));
  await chmod(directory, 0o755);
  sena = await startSena({ port: await freePort(), directory }, { SENA_LAB: 'simulated' });
  owner = senaApi(sena.local.apiUrl, sena.local.apiKey);
  browser = await startChromium();
  page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await page.goto(sena.local.consoleUrl);
  await signIn(sena.local);
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
const open = async () => {
  await page.goto(`${sena.local.consoleUrl}/policies`);
  await page.getByText('SENA’s own rules').first().waitFor();
};
const rules = () => page.getByLabel('Rules', { exact: true });
const dryRun = () => page.getByRole('region', { name: 'Dry run' });

const restartsNeedNobody = `// Services may be restarted without an approval.
permit (principal, action == Action::"controls_service", resource)
when { context has use && context.use == "systemctl restart" };
`;
const frozen = `// Databases are left alone.
forbid (principal, action in Action::"changes", resource)
when { resource.name like "db-*" };
`;

describe('a policy on its page', () => {
  it('begins with an empty page that says what holds and what to do next', async () => {
    await open();
    await page.getByText('No policy yet: SENA’s own rules hold').waitFor();
    await dryRun().getByText('needs approval because').first().waitFor();
    await page.getByRole('button', { name: 'Two people change production' }).click();
    await page.getByLabel('Name').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
  }, 60_000);

  it('is tried for what a model proposes as well, which a rule for people does not let alone', async () => {
    await open();
    await page.getByRole('button', { name: 'New policy' }).click();
    await rules().fill(restartsNeedNobody);
    await dryRun().getByText('Runs without approval').first().waitFor();
    expect(await dryRun().textContent()).not.toContain('proposed by');
    for (const writer of ['model', 'runbook']) {
      await dryRun().getByLabel('Who wrote it').click();
      await page.getByRole('option', { name: `a ${writer}`, exact: true }).click();
      await dryRun().getByText(`on 12 nodes, proposed by a ${writer}`).waitFor();
      await dryRun().getByText('Needs approval').first().waitFor();
      await dryRun().getByText(`needs approval because a ${writer} proposed it`).first().waitFor();
      expect(await dryRun().textContent()).not.toContain('Runs without approval');
    }
    await page.getByRole('button', { name: 'Cancel' }).click();
  }, 60_000);

  it('without a name is told so in words of ours, at the field, which has the focus', async () => {
    await open();
    await page.getByRole('button', { name: 'New policy' }).click();
    const name = page.getByLabel('Name');
    for (const [written, told] of [
      ['', 'Give the policy a name.'],
      ['Prod changes', 'Small letters, digits and dashes'],
    ] as const) {
      await name.fill(written);
      await rules().focus();
      await page.getByRole('button', { name: 'Create the policy' }).click();
      await page.getByText(told).waitFor();
      expect(await wrongField(page)).toMatch(told);
    }
    await rules().fill(' ');
    await name.fill('prod-changes');
    await page.getByRole('button', { name: 'Create the policy' }).click();
    await page.getByText('Write a rule.').waitFor();
    expect(await wrongField(page)).toMatch('Write a rule.');
    await page.getByRole('button', { name: 'Cancel' }).click();
  }, 60_000);

  it('with a mistake is told its line, can not be saved, and is tried before it holds', async () => {
    await open();
    await page.getByRole('button', { name: 'New policy' }).click();
    await page.getByLabel('Name').fill('databases');
    await rules().fill(frozen.replace('resource.name', 'resource.nmae'));
    const line = page.getByRole('button', { name: 'Line 3' });
    await line.waitFor();
    await page.getByText('did you mean').waitFor();
    expect(await page.getByRole('button', { name: 'Create the policy' }).isDisabled()).toBe(true);
    await dryRun().getByText('Correct the policy, then it can be tried.').waitFor();
    await line.click();
    const cursor = await rules().evaluate((area) => (area as HTMLTextAreaElement).selectionStart);
    expect(frozen.slice(0, cursor).split('\n')).toHaveLength(3);

    await rules().fill(frozen);
    await dryRun().getByText('Denied').first().waitFor();
    const told = (await dryRun().textContent()) ?? '';
    expect(told).toMatch(/Denied\s*on 12 nodes: the strictest group decides for all of them/);
    expect(told).toMatch(/is denied because\s*systemctl restart\s*controls a service, rule databases/);
    expect(told).toMatch(
      /needs approval because\s*systemctl restart\s*controls a service, rule default\/second-person/,
    );
    expect((await owner.get<{ items: unknown[] }>('/v1/policies')).items).toEqual([]);
  }, 60_000);

  it('can be read while it is written, in light and in dark', async () => {
    const { light, dark } = await lookInBothSchemes(page);
    expect([...light.faint, ...dark.faint]).toEqual([]);
  });

  it('is saved by keyboard, and decides the next run; deleted, it no longer does', async () => {
    await rules().focus();
    await page.keyboard.press('Control+Enter');
    await page.getByText('databases holds from now on').waitFor();
    await page.getByRole('button', { name: /^databases/ }).waitFor();
    const denied = await owner.run({ kind: 'command', command: 'systemctl restart nginx', selector: 'name=db-01' });
    expect(denied).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/is denied because `systemctl restart` controls a service, rule databases/),
    });
    const reading = await owner.run({ kind: 'command', command: 'uname -r', selector: 'name=db-01' });
    expect(reading).toMatchObject({ status: 'succeeded', counts: { exitedZero: 1 } });

    await page.getByRole('button', { name: /^databases/ }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete databases' }).click();
    await page.getByText('No policy yet: SENA’s own rules hold').waitFor();
    const asked = await owner.run({ kind: 'command', command: 'systemctl restart nginx', selector: 'name=db-01' });
    expect(asked.status).toBe('awaiting_approval');
  }, 60_000);

  it('is read, and not written, by an approver', async () => {
    await owner.put('/v1/policies/databases', { text: frozen, version: null });
    await browser.context.clearCookies();
    await page.goto(sena.local.consoleUrl);
    await signIn(sena.local.approver);
    await open();
    expect(await page.getByRole('button', { name: 'New policy' }).count()).toBe(0);
    await page.getByRole('button', { name: /^databases/ }).click();
    expect(await rules().getAttribute('readonly')).not.toBeNull();
    expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0);
    await dryRun().getByText('Denied').first().waitFor();
  }, 60_000);
});
