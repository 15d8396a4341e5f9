import { startChromium, type TestBrowser } from '@sena/testing/chromium';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

/** What the maker of the page would offer there. */
const offers = /scalar|ask ai|generate sdk|deploy/i;
/** What the page, or whoever uses it, tried to reach beyond the gateway. */
const attempts: string[] = [];
let gateway: TestGateway;
let browser: TestBrowser;
let page: Awaited<ReturnType<TestBrowser['context']['newPage']>>;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([openTestGateway(['owner']), startChromium()]);
  // Its script is large: a busy machine takes its time.
  browser.context.setDefaultTimeout(60_000);
  page = await browser.context.newPage();
  await browser.context.route(
    ({ origin }) => origin !== gateway.url,
    (route) => {
      attempts.push(`request: ${route.request().url()}`);
      return route.abort();
    },
  );
  browser.context.on('page', (opened) => attempts.push(`window: ${opened.url()}`));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) attempts.push(`blocked: ${message.text()}`);
  });
  await openReference();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await gateway?.close();
});

it('shows the API, and nothing of its maker’s', async () => {
  expect(await page.getByText('/v1/runs').filter({ visible: true }).count()).toBeGreaterThan(0);
  expect(await page.getByText(offers).filter({ visible: true }).count()).toBe(0);
  expect(await linksAway()).toEqual([]);
});

it('has an icon in itself: it makes browsers ask for no other file', async () => {
  const icon = page.locator('link[rel="icon"]');
  expect(await icon.count()).toBe(1);
  const address = (await icon.getAttribute('href')) ?? '';
  expect(address).toMatch(/^data:image\/svg\+xml,/);
  const width = await page.evaluate(async (src) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    return image.width;
  }, address);
  expect(width).toBeGreaterThan(0);
});

it('runs no script but its own: what else came to stand in it would have no nonce', async () => {
  const [one, two] = await Promise.all([1, 2].map(() => fetch(`${gateway.url}/docs/`)));
  const policy = one?.headers.get('content-security-policy') ?? '';
  const [, nonce] = /(?:^|; )script-src 'self' 'nonce-([\w+/]{22}==)'(?:;|$)/.exec(policy) ?? [];
  expect(nonce, policy).toBeDefined();
  expect(two?.headers.get('content-security-policy')).not.toContain(nonce);
  expect(await one?.text()).toContain(`nonce="${nonce}"`);
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "another script"';
    document.body.append(script);
    return document.title;
  });
  expect(ran).not.toBe('another script');
  await eventually('the page’s policy has spoken', () => attempts.length > 0);
  expect(attempts.splice(0)).toEqual([expect.stringMatching(/^blocked: .*inline script/)]);
});

it('sets no style attribute but its own: what else came to stand in it would have none', async () => {
  const policy = (await fetch(`${gateway.url}/docs/`)).headers.get('content-security-policy') ?? '';
  expect(policy).not.toContain('unsafe-inline');
  // With what else an answer says of itself, no more than any proxy takes.
  expect(policy.length).toBeLessThan(3_500);
  const widths = await page.evaluate(() => {
    const place = document.createElement('div');
    document.body.append(place);
    return ['--line-count: 9; --line-digits: 1;', 'width: 77px', 'position: fixed; inset: 0'].map((style) => {
      place.innerHTML = `<div style="${style}"></div>`;
      const { style: set } = place.firstElementChild as HTMLElement;
      return [set.getPropertyValue('--line-digits'), set.width, set.position].join(' ').trim();
    });
  });
  expect(widths).toEqual(['1', '', '']);
  await eventually('the page’s policy has spoken', () => attempts.length >= 2);
  for (const attempt of attempts.splice(0)) expect(attempt).toMatch(/^blocked: .*inline style/);
  // The numbers of an example’s lines stand in a column.
  const widthOfNumbers = await page
    .locator('code.hljs .line')
    .first()
    .evaluate((line) => Number.parseFloat(getComputedStyle(line, '::before').minWidth));
  expect(widthOfNumbers).toBeGreaterThan(5);
});

it('has no button that leads to another origin, or that shows a link there', async () => {
  const pressed: Pressed[] = [];
  for (;;) {
    const next = await pressNext(pressed);
    if (next === null) break;
    pressed.push(next);
    expect([next.name, await linksAway()]).toEqual([next.name, []]);
  }
  expect(pressed.length).toBeGreaterThan(20);
  expect(new URL(page.url()).origin).toBe(gateway.url);
}, 120_000);

it('has a client for trying a request that names nobody else either', async () => {
  await openReference();
  await page.locator('.show-api-client-button').first().click();
  await page.getByText('Send', { exact: true }).first().waitFor();
  expect(await page.getByText(offers).filter({ visible: true }).count()).toBe(0);
  expect(await linksAway()).toEqual([]);
}, 120_000);

it('has reached for nothing elsewhere in all of this, and may not', async () => {
  expect(attempts).toEqual([]);
  const elsewhere = 'http://127.0.0.1:9/elsewhere';
  expect(await page.evaluate((url) => fetch(url).then(Boolean, () => false), elsewhere)).toBe(false);
  await eventually('the page’s policy has spoken', () => attempts.length > 0);
  for (const attempt of attempts) expect(attempt).toMatch(/^blocked: .*127\.0\.0\.1:9\/elsewhere/);
});

async function openReference(): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${gateway.url}/docs/`);
  await page.getByRole('heading', { name: 'Ask a question, run a command or run a runbook' }).waitFor();
}

interface Pressed {
  readonly kind: string;
  readonly name: string;
}

/** Some of each kind: there is one of some kinds for every field of the API. The client has a test of its own. */
function pressNext(pressed: Pressed[]): Promise<Pressed | null> {
  const buttons = ['button', '[role=button]', '[role=menuitem]'];
  const ours = buttons.map((button) => `${button}:not(.show-api-client-button):visible`).join(', ');
  return page.locator(ours).evaluateAll((shown, pressed) => {
    for (const button of shown) {
      const kind = button.getAttribute('class') ?? '';
      const name = button.ariaLabel ?? button.textContent ?? '';
      const alike = pressed.filter((other) => other.kind === kind);
      if (alike.length >= 6 || alike.some((other) => other.name === name)) continue;
      (button as HTMLElement).click();
      return { kind, name };
    }
    return null;
  }, pressed);
}

async function linksAway(): Promise<string[]> {
  const links = page.locator('a[href]:not([href^="#"]):visible');
  const addresses = await links.evaluateAll((shown) => shown.map((link) => link.getAttribute('href') ?? ''));
  return addresses.filter((address) => new URL(address, page.url()).origin !== gateway.url);
}
