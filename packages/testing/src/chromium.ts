// For browser tests: the system's Chromium with an empty profile, driven by playwright-core.
// Starts one browser and removes its profile when it is closed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { findProgram } from './find-program.ts';

export interface TestBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** A missing Chromium throws an error that names the Debian package. */
export async function startChromium(
  options: { colorScheme?: 'light' | 'dark'; viewport?: { width: number; height: number } } = {},
): Promise<TestBrowser> {
  const executablePath = await findProgram(['chromium', 'chromium-browser', 'google-chrome'], 'chromium');
  const profile = await mkdtemp(join(tmpdir(), 'sena-test-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    timeout: 30_000,
    viewport: options.viewport ?? { width: 1280, height: 800 },
    colorScheme: options.colorScheme ?? 'light',
    // Nothing is painted sixty times a second, and colors are there at once.
    reducedMotion: 'reduce',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  context.setDefaultTimeout(15_000);
  return {
    context,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
