import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startChromium } from './chromium.ts';

test('opens a page of this machine', async () => {
  const server = createServer((_request, response) => response.end('<title>hello from node</title>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await startChromium();
  try {
    const page = await browser.context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(await page.title()).toBe('hello from node');
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});
