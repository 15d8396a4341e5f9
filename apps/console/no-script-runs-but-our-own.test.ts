// The built console, without anything behind it: its pages run, and what somebody else puts into them doesn't.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startChromium, type TestBrowser } from '@sena/testing/chromium';
import { eventually } from '@sena/testing/eventually';
import { freePort } from '@sena/testing/free-port';
import { afterAll, beforeAll, expect, test } from 'vitest';

let url: string;
let browser: TestBrowser;
let stop: () => Promise<void>;

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const server = spawn(process.execPath, ['.next/standalone/apps/console/server.js'], {
    cwd: import.meta.dirname,
    env: { ...process.env, NODE_ENV: 'production', HOSTNAME: '127.0.0.1', PORT: String(port) },
    stdio: 'ignore',
  });
  stop = async () => {
    server.kill('SIGTERM');
    if (server.exitCode === null) await once(server, 'exit');
  };
  await eventually('the console answers', async () => (await fetch(`${url}/healthz`)).ok, { timeoutMs: 30_000 });
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await stop?.();
});

/** Of somebody who may be signed in: only then is a page more than the way to the sign-in. */
const get = (path: string) =>
  fetch(`${url}${path}`, { headers: { cookie: 'sena.session_token=one' }, redirect: 'manual' });
const policyOf = async (path: string) => (await get(path)).headers.get('content-security-policy') ?? '';

test('a stranger is sent to the sign-in, at the address that their browser knows, before a page asks who they are', async () => {
  const page = await browser.context.newPage();
  const asked: string[] = [];
  page.on('request', (request) => {
    if (/\/(v1|api)\//.test(request.url())) asked.push(request.url());
  });
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const answer = await fetch(`${url}/runs/run_1?output=x`, { redirect: 'manual', headers: { host: 'sena.example' } });
  expect([answer.status, answer.headers.get('location')]).toEqual([307, '/sign-in?next=%2Fruns%2Frun_1%3Foutput%3Dx']);
  await page.goto(`${url}/runs/run_1?output=x`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // Its script answers, so whatever it would have asked has been asked.
  await page.getByText('Give your password.').waitFor();
  expect(new URL(page.url()).searchParams.get('next')).toBe('/runs/run_1?output=x');
  expect([...asked, ...errors]).toEqual([]);
  await page.close();
});

test('every page has a policy with a nonce of its own', async () => {
  const nonces = new Set<string>();
  for (const path of ['/', '/sign-in', '/runs', '/approvals', '/no-such-page', '/']) {
    const policy = await policyOf(path);
    expect(policy, path).toContain("default-src 'none'");
    expect(policy, path).toContain("frame-ancestors 'none'");
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? '';
    expect(scripts, path).toMatch(/^'nonce-[A-Za-z0-9+/]{22}==' 'strict-dynamic'$/);
    const styles = /style-src ([^;]*)/.exec(policy)?.[1] ?? '';
    expect(styles, path).toMatch(/^'self' 'nonce-[A-Za-z0-9+/]{22}==' ('sha256-[A-Za-z0-9+/]{43}=' ?)+$/);
    expect(policy, path).not.toMatch(/unsafe|style-src-/);
    nonces.add(scripts);
  }
  expect(nonces.size).toBe(6);
});

test('the sign-in page works under it: nothing of its own is refused', async () => {
  const page = await browser.context.newPage();
  const refused: string[] = [];
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text());
  });
  await page.goto(`${url}/sign-in`);
  await page.getByRole('textbox', { name: /mail/i }).fill('somebody@example.test');
  // Its script answers, so it ran: what is missing is said by it, not by the browser.
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.getByText('Give your password.').waitFor();
  expect(await page.locator('html').getAttribute('class')).toMatch(/light|dark/);
  expect(refused).toEqual([]);
  await page.close();
});

test('what somebody else got into a page does nothing', async () => {
  const page = await browser.context.newPage();
  const injected = `<base href="https://elsewhere.example/"><script>window.byScript = true</script><script src="/theirs.js"></script>
    <img src="/icon.svg" onload="window.byHandler = true"><iframe src="/runs"></iframe><object data="/icon.svg"></object>
    <style>body { outline-style: dotted }</style>
    <iframe srcdoc="<script>parent.byFrame = true</script>"></iframe>    <script type="module">window.byModule = true; await import('data:text/javascript,window.byImport = true')</script>`;
  await page.route(`${url}/theirs.js`, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: 'window.byFile = true' }),
  );
  await page.route(`${url}/sign-in`, async (route) => {
    const answer = await route.fetch();
    const html = await answer.text();
    expect(html).toContain('</head>');
    const body = html
      .replace('<html', '<html style="outline-style: dotted"')
      .replace(/<body[^>]*>/, (tag) => `${tag}${injected}`);
    await route.fulfill({ response: answer, body });
  });
  const refused = new Set<string>();
  page.on('console', (message) => {
    const directive = /directive[^"']*["'](\S+)/i.exec(message.text())?.[1];
    if (directive !== undefined) refused.add(directive);
  });
  await page.goto(`${url}/sign-in`);
  await page.evaluate(() => {
    const link = document.createElement('a');
    link.href = 'javascript:window.byLink = true';
    document.body.append(link);
    link.click();
  });
  await eventually('everything was refused', async () =>
    ['base-uri', 'default-src', 'script-src', 'style-src'].every((directive) => refused.has(directive)),
  );
  const names = ['byScript', 'byFile', 'byHandler', 'byFrame', 'byLink', 'byModule', 'byImport'];
  expect(await page.evaluate((marks) => marks.filter((name) => name in window), names)).toEqual([]);
  expect(await page.evaluate(() => document.baseURI)).toBe(`${url}/sign-in`);
  const outlines = await page.evaluate(() =>
    [document.documentElement, document.body].map((place) => getComputedStyle(place).outlineStyle),
  );
  expect(outlines).toEqual(['none', 'none']);
  await page.close();
});
