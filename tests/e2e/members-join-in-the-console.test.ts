// The console in a real browser, against `npm start` on simulated hosts: an owner invites somebody, who joins, sees the nodes of their scope
// and no others, switches a second factor on, makes a key, and is removed. One story, in its order.
import { createHmac } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Node } from '@sena/contracts/http/fleet';
import { startChromium, type TestBrowser } from '@sena/testing/chromium';
import { freePort } from '@sena/testing/free-port';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { lookInBothSchemes } from './look-at-colors.ts';
import { type RunningSena, startSena } from './start-sena.ts';
import { wrongField } from './wrong-field.ts';

let directory: string;
let sena: RunningSena;
let owner: SenaApi;
let ownerBrowser: TestBrowser;
let memberBrowser: TestBrowser;
type Page = Awaited<ReturnType<TestBrowser['context']['newPage']>>;
let page: Page;
let theirs: Page;

const email = 'nia@example.org';
const password = 'a password of Nia';
let secret: Buffer = Buffer.alloc(0);

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-e2e-'));
  // PostgreSQL runs as a user of its own, who has to get in.
  await chmod(directory, 0o755);
  sena = await startSena({ port: await freePort(), directory }, { SENA_LAB: 'simulated' });
  owner = senaApi(sena.local.apiUrl, sena.local.apiKey);
  [ownerBrowser, memberBrowser] = await Promise.all([startChromium(), startChromium()]);
  page = ownerBrowser.context.pages()[0] ?? (await ownerBrowser.context.newPage());
  theirs = memberBrowser.context.pages()[0] ?? (await memberBrowser.context.newPage());
  await page.goto(sena.local.consoleUrl);
  await enter(page, sena.local.email, sena.local.password);
  await page.getByRole('textbox', { name: 'Ask' }).waitFor();
}, 150_000);

afterAll(async () => {
  await ownerBrowser?.close();
  await memberBrowser?.close();
  await sena?.interrupt();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

async function enter(on: Page, as: string, secretWord: string): Promise<void> {
  await on.getByLabel('Email').fill(as);
  await on.getByLabel('Password').fill(secretWord);
  await on.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** RFC 6238, as an authenticator does it. */
function code(): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const offset = (digest.at(-1) as number) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function fromBase32(text: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

it('an invitation is a link that is shown once, and lets one person in', async () => {
  await page.goto(`${sena.local.consoleUrl}/members`);
  await page.getByText('Nobody is invited').waitFor();
  await page.getByRole('button', { name: 'Invite a member' }).first().click();
  const dialog = page.getByRole('dialog');
  for (const [written, told] of [
    ['', 'Give the address of a person'],
    ['nia at example.org', 'Give the address of a person'],
  ] as const) {
    await dialog.getByLabel('Email').fill(written);
    await dialog.getByRole('button', { name: 'Make the link' }).click();
    await dialog.getByText(told).waitFor();
    expect(await wrongField(page)).toMatch(told);
  }
  await dialog.getByLabel('Email').fill(email);
  await dialog.getByLabel(/Only these nodes/).fill('role=');
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  // What the API finds wrong stands at its field as well, has the focus, and is said once.
  await dialog.getByText(/At character 6 it ends/).waitFor();
  expect(await wrongField(page)).toMatch(/At character 6 it ends/);
  expect(await dialog.getByRole('alert').count()).toBe(0);
  await dialog.getByLabel(/Only these nodes/).fill('role=web');
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const shown = dialog.getByRole('region', { name: 'Invitation link' });
  const link = (await shown.textContent()) ?? '';
  expect(link).toMatch(new RegExp(`^${sena.local.consoleUrl}/invitation#sena_invite_[\\w-]{43}$`));
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByText(email).first().waitFor();
  expect(await page.content()).not.toContain(link.slice(-43));

  await theirs.goto(link);
  await theirs.getByRole('heading', { name: /^Join / }).waitFor();
  await theirs.getByLabel('A password').fill('short');
  await theirs.getByRole('button', { name: /^Join / }).click();
  await theirs.getByText('Take at least 12 characters.').waitFor();
  expect(await wrongField(theirs)).toMatch('Give the name that others will see.');
  await theirs.getByLabel('Your name').fill('Nia');
  await theirs.getByLabel('A password').fill(password);
  await theirs.getByRole('button', { name: /^Join / }).click();
  await theirs.getByRole('textbox', { name: 'Ask' }).waitFor();
  await page.goto(link);
  await page.getByText(/was used, taken back or has expired/).waitFor();
}, 60_000);

it('who is narrowed to some nodes sees those alone', async () => {
  const { items } = await owner.get<{ items: Node[] }>('/v1/nodes?limit=500');
  const within = items.filter(({ labels }) => labels.role === 'web').map(({ name }) => name);
  const beyond = items.filter(({ labels }) => labels.role !== 'web').map(({ name }) => name);
  expect(within.length).toBeGreaterThan(0);
  await theirs.goto(`${sena.local.consoleUrl}/nodes`);
  for (const name of within) await theirs.getByText(name, { exact: true }).first().waitFor();
  const seen = await theirs.content();
  for (const name of beyond) expect(seen).not.toContain(`>${name}<`);
  expect(beyond.length).toBeGreaterThan(0);
});

it('a key is shown once, does what was chosen for it, and ends when it is revoked', async () => {
  await theirs.goto(`${sena.local.consoleUrl}/api-keys`);
  await theirs.getByText('No keys yet').waitFor();
  await theirs.getByRole('button', { name: 'Create a key' }).first().click();
  const dialog = theirs.getByRole('dialog');
  await dialog.getByLabel(/See runs/).uncheck();
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  await dialog.getByText('Choose at least one thing that it may do.').waitFor();
  expect(await wrongField(theirs)).toMatch('Name what will use it.');
  await dialog.getByLabel('Name').fill('report');
  await dialog.getByLabel(/See nodes and satellites/).check();
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  const key = (await dialog.getByRole('region', { name: 'API key' }).textContent()) ?? '';
  expect(key).toMatch(/^sena_/);
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await theirs.getByText('report', { exact: true }).waitFor();
  const api = senaApi(sena.local.apiUrl, key);
  const { items } = await api.get<{ items: Node[] }>('/v1/nodes?limit=500');
  expect(new Set(items.map(({ labels }) => labels.role))).toEqual(new Set(['web']));
  expect((await api.post('/v1/runs', { kind: 'ask', prompt: 'why?' })).status).toBe(403);
  await theirs.getByRole('button', { name: 'Revoke report' }).click();
  await theirs.getByRole('button', { name: 'Revoke the key' }).click();
  await theirs.getByText('No keys yet').waitFor();
  await expect(api.get('/v1/nodes')).rejects.toThrow('401');
}, 60_000);

it('a second factor is switched on, and asked for at the next sign-in', async () => {
  await theirs.goto(`${sena.local.consoleUrl}/account`);
  await theirs.getByText('this one').waitFor();
  await theirs.getByRole('button', { name: 'Switch it on' }).click();
  const dialog = theirs.getByRole('dialog');
  await dialog.getByLabel('Your password').fill(password);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  secret = fromBase32((await dialog.getByRole('region', { name: 'Secret', exact: true }).textContent()) ?? '');
  expect((await dialog.getByRole('region', { name: 'Backup codes' }).textContent())?.split('\n').length).toBe(10);
  await dialog.getByLabel(/Code that/).fill(code());
  await dialog.getByRole('button', { name: 'Switch it on' }).click();
  await theirs.getByRole('button', { name: 'Switch it off' }).waitFor();

  await theirs.getByRole('button', { name: /account menu/ }).click();
  await theirs.getByRole('menuitem', { name: 'Sign out' }).click();
  await enter(theirs, email, password);
  await theirs.getByLabel('Code').fill('000000');
  await theirs.getByRole('button', { name: 'Go on' }).click();
  await theirs.getByText(/code is wrong/).waitFor();
  await theirs.getByLabel('Code').fill(code());
  await theirs.getByRole('button', { name: 'Go on' }).click();
  await theirs.getByRole('textbox', { name: 'Ask' }).waitFor();
}, 60_000);

it('the pages can be read in light and in dark', async () => {
  for (const [address, text] of [
    ['/members', email],
    ['/api-keys', 'seeded'],
    ['/account', 'this one'],
  ] as const) {
    await page.goto(`${sena.local.consoleUrl}${address}`);
    await page.getByText(text).first().waitFor();
    const { light, dark } = await lookInBothSchemes(page);
    for (const [scheme, { faint, textCount }] of Object.entries({ light, dark })) {
      expect(faint, `${address} in ${scheme}`).toEqual([]);
      expect(textCount).toBeGreaterThan(2);
    }
    for (const bright of [light.background, dark.foreground]) expect(bright).toBeGreaterThan(0.7);
    for (const deep of [light.foreground, dark.background]) expect(deep).toBeLessThan(0.1);
  }
}, 60_000);

it('a provider that can not be reached from outside is refused where it is entered', async () => {
  await page.goto(`${sena.local.consoleUrl}/members`);
  await page.getByRole('button', { name: 'Set a provider' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(`${sena.local.consoleUrl}/api/auth/oidc/callback`).waitFor();
  await dialog.getByLabel('Issuer').fill('https://169.254.169.254');
  await dialog.getByLabel('Client id').fill('sena');
  await dialog.getByLabel('Client secret').fill('a secret');
  await dialog.getByLabel('Domains').fill('example.org');
  await dialog.getByRole('button', { name: 'Set the provider' }).click();
  await dialog.getByText(/by https at a public address/).waitFor();
  // The other kind: what is to be registered is shown, and a certificate that is none is refused at its field.
  await dialog.getByLabel('Kind').click();
  await page.getByRole('option', { name: 'SAML 2.0' }).click();
  await dialog.getByText(`${sena.local.consoleUrl}/api/auth/saml/acs`).waitFor();
  await dialog.getByLabel('Entity id of the provider').fill('https://id.example.org/metadata');
  await dialog.getByLabel('Sign-on address').fill('https://id.example.org/sso');
  await dialog.getByLabel('Signing certificate').fill('words');
  await dialog.getByRole('button', { name: 'Set the provider' }).click();
  await dialog.getByText('is no certificate').waitFor();
}, 30_000);

it('a token for the directory is shown once, and works at the address beside it', async () => {
  await page.goto(`${sena.local.consoleUrl}/members`);
  await page.getByRole('button', { name: 'Create a SCIM token' }).click();
  await page.getByRole('button', { name: 'Create the token' }).click();
  await page.getByText('Name the directory that will use it.').waitFor();
  expect(await wrongField(page)).toMatch('Name the directory');
  await page.getByRole('dialog').getByLabel('Name').fill('the-directory');
  await page.getByRole('button', { name: 'Create the token' }).click();
  const text = async (name: string) => ((await page.getByRole('region', { name }).textContent()) ?? '').trim();
  const [base, token] = [await text('Base URL'), await text('SCIM token')];
  const answer = await fetch(`${base}/ServiceProviderConfig`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  await page.reload();
  const listed = page.getByRole('list', { name: 'SCIM tokens' }).getByRole('listitem');
  await listed.getByText('the-directory').waitFor();
  expect(await listed.allTextContents()).toEqual([expect.stringMatching(/^the-directory made .*used .*, expires in /)]);
  expect(await page.content()).not.toContain(token);
}, 30_000);

it('who is removed is out at once; the only owner can’t be, and is told why before a press', async () => {
  await page.goto(`${sena.local.consoleUrl}/members`);
  const owner = page.getByRole('row').filter({ hasText: sena.local.email });
  await owner
    .getByTitle(/^Olivia Owner is the only owner/)
    .first()
    .waitFor();
  for (const act of ['Change', 'Remove'])
    expect(await owner.getByRole('button', { name: `${act} Olivia Owner` }).isDisabled(), act).toBe(true);
  await page.getByRole('button', { name: 'Remove Nia' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove Nia' }).click();
  await page.getByText('Nia was removed').waitFor();
  await theirs.goto(`${sena.local.consoleUrl}/nodes`);
  await theirs.getByRole('heading', { name: 'Sign in' }).waitFor();
}, 30_000);
