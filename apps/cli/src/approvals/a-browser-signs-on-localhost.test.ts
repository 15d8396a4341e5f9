// The pages of `sena` in a real browser, whose authenticator is a virtual one: what it makes and signs is what a satellite verifies.
import type { Action, ListedPasskey, PasskeyAssertion } from '@sena/contracts/envelope';
import { actionDigest } from '@sena/envelope/action-digest';
import { verifyAssertion } from '@sena/envelope/verify-assertion';
import { startChromium, type TestBrowser } from '@sena/testing/chromium';
import { addVirtualAuthenticator, type VirtualAuthenticator } from '@sena/testing/virtual-authenticator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSena, type ScriptedApi, startScriptedApi } from '../fixtures/run-sena.ts';
import { defaultPort } from './passkey-page.ts';

const approvalId = 'appr_0192aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa';
const action: Action = {
  ...{ v: 1, organizationId: 'org_1', runId: 'run_1', approvalNonce: 'nonce' },
  ...{ notBefore: '2026-01-01T00:00:00.000Z', expiresAt: '2099-01-01T00:00:00.000Z' },
  commands: [
    {
      ...{ step: 's1', shell: 'sh', command: 'echo "<b>\u202e</b>" > /etc/motd', environment: {}, nodes: [] },
      limits: { timeoutMs: 60_000, outputBytesMax: 1_048_576 },
    },
  ],
};

let browser: TestBrowser;
let page: Awaited<ReturnType<TestBrowser['context']['newPage']>>;
let device: VirtualAuthenticator;
let api: ScriptedApi;

beforeAll(async () => {
  browser = await startChromium();
  page = await browser.context.newPage();
  device = await addVirtualAuthenticator(page);
  api = await startScriptedApi({
    '/v1/me': { user: { id: 'user_ada', name: 'Ada', email: 'ada@northwind.test' } },
    [`/v1/approvals/${approvalId}/action`]: {
      ...{ approvalId, status: 'pending', actionDigest: actionDigest(action), mayDecide: true, passkeys: [], action },
      requestedBy: { id: 'user_1', name: 'Olivia', key: null },
    },
  });
}, 60_000);
afterAll(async () => {
  api?.close();
  await browser?.close();
});

async function press(button: string): Promise<void> {
  await page.getByRole('button', { name: button }).click();
}

it('a passkey is made, and what is signed with it verifies against the printed entry, and nothing else does', async () => {
  const made = await runSena(['passkey'], {
    api,
    async visit(address) {
      await page.goto(address);
      await press('Make passkey');
    },
  });
  expect(made.code).toBe(0);
  expect(await device.count()).toBe(1);
  const entry = JSON.parse(made.stdout) as ListedPasskey;
  expect(entry).toMatchObject({ name: 'Ada', member: 'user_ada', rpId: 'localhost', origins: [made.origin] });

  let shown: string | null = null;
  const approved = await runSena(['approve', approvalId], {
    api,
    said: 'yes\n',
    async visit(address) {
      await page.goto(address);
      shown = await page.locator('pre').textContent();
      // Who is not its owner signs nothing, and may try again.
      await device.recognize(false);
      await press('Sign with passkey');
      await page.getByText('Nothing was signed').waitFor();
      expect(api.posted).toEqual([]);
      await device.recognize(true);
      await press('Sign with passkey');
    },
  });
  expect(approved.output).toContain('✔ Approved.');
  expect(approved.code).toBe(0);
  expect(shown).toContain('echo "<b>\\u{202e}</b>" > /etc/motd');
  expect(api.posted).toMatchObject([{ decision: 'approve', actionDigest: actionDigest(action) }]);

  const { assertion } = api.posted[0] as { assertion: PasskeyAssertion };
  const listed = { ...entry, origins: [approved.origin] };
  expect(await verifyAssertion(assertion, actionDigest(action), listed)).toMatchObject({ kind: 'verified' });
  const another = actionDigest({ ...action, runId: 'run_2' });
  expect(await verifyAssertion(assertion, another, listed)).toMatchObject({ kind: 'wrong' });
  expect(
    await verifyAssertion(assertion, actionDigest(action), { ...listed, origins: ['https://evil.test'] }),
  ).toMatchObject({
    kind: 'wrong',
  });
}, 90_000);

it('its port is the same every time, since satellites list the page', () => {
  expect(defaultPort).toBe(7362);
});
