import { startChromium, type TestBrowser } from '@sena/testing/chromium';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

/** What the page, or whoever uses it, tried to reach beyond the gateway. */
const attempts: string[] = [];
let gateway: TestGateway;
let browser: TestBrowser;
let page: Awaited<ReturnType<TestBrowser['context']['newPage']>>;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([openTestGateway(['owner']), startChromium()]);
  page = await browser.context.newPage();
  await page.exposeFunction('attempted', (what: string) => void attempts.push(what));
  await page.addInitScript(() => {
    const { attempted } = window as unknown as { attempted(what: string): void };
    document.addEventListener('securitypolicyviolation', ({ blockedURI }) => {
      // The page's script looks whether it may write code at run time, and does without.
      if (blockedURI !== 'eval') attempted(`blocked: ${blockedURI}`);
    });
    window.open = (url) => {
      attempted(`window: ${url}`);
      return null;
    };
  });
  await page.route(
    ({ origin }) => origin !== gateway.url,
    (route) => {
      attempts.push(`request: ${route.request().url()}`);
      return route.abort();
    },
  );
  await openReference();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await gateway?.close();
});

it('shows the API, and nothing of its maker’s', async () => {
  const text = await page.locator('body').innerText();
  expect(text).toContain('/v1/runs');
  expect(text).not.toMatch(/scalar|ask ai|generate sdk|deploy/i);
  expect(await linksAway()).toEqual([]);
});

it('has no button that leads to another origin, or that shows a link there', async () => {
  const pressed = await page.evaluate(async () => {
    const isShown = (element: Element) => element.checkVisibility();
    const kindOf = (button: HTMLElement) => button.getAttribute('class') ?? '';
    const nameOf = (button: HTMLElement) => `${kindOf(button)} ${button.ariaLabel ?? button.innerText}`;
    const names = new Set<string>();
    const kinds = new Map<string, number>();
    const away: string[] = [];
    for (;;) {
      // Some of each kind: there is one of some kinds for every field of the API. The client has a test of its own.
      const next = [...document.querySelectorAll<HTMLElement>('button, [role=button], [role=menuitem]')].find(
        (button) =>
          (kinds.get(kindOf(button)) ?? 0) < 6 &&
          !button.matches('.show-api-client-button') &&
          isShown(button) &&
          !names.has(nameOf(button)),
      );
      if (next === undefined || names.size === 300) return { names: [...names], away };
      names.add(nameOf(next));
      kinds.set(kindOf(next), (kinds.get(kindOf(next)) ?? 0) + 1);
      next.click();
      await new Promise((resolve) => setTimeout(resolve, 10));
      for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href]:not([href^="#"])')) {
        if (isShown(link) && new URL(link.href).origin !== location.origin) away.push(link.href);
      }
    }
  });
  expect(pressed.names.length).toBeGreaterThan(20);
  expect(pressed.names.length).toBeLessThan(300);
  expect(pressed.away).toEqual([]);
  expect(new URL(page.url()).origin).toBe(gateway.url);
}, 60_000);

it('has a client for trying a request that names nobody else either', async () => {
  await openReference();
  await page.locator('.show-api-client-button').first().click();
  await page.getByText('Send', { exact: true }).first().waitFor();
  expect(await page.locator('body').innerText()).not.toMatch(/scalar|ask ai|generate sdk|deploy/i);
  expect(await linksAway()).toEqual([]);
}, 60_000);

it('has reached for nothing elsewhere in all of this, and may not', async () => {
  expect(attempts).toEqual([]);
  const elsewhere = 'http://127.0.0.1:9/elsewhere';
  const answered = await page.evaluate((url) => fetch(url).then(Boolean, () => false), elsewhere);
  expect(answered).toBe(false);
  await eventually('the page’s policy has spoken', () => attempts.length > 0);
  expect(attempts).toEqual([`blocked: ${elsewhere}`]);
});

async function openReference(): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${gateway.url}/docs/`);
  await page.getByRole('heading', { name: 'Ask a question, run a command or run a runbook' }).waitFor();
}

function linksAway(): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('a')]
      .filter((link) => link.checkVisibility() && link.href !== '' && new URL(link.href).origin !== location.origin)
      .map((link) => link.href),
  );
}
