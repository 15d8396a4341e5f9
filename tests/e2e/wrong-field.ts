/// <reference lib="dom" />
// For browser tests: what a form says is wrong with the field to which it has moved the focus. Reads the page only.
import type { TestBrowser } from '@sena/testing/chromium';

type Page = Awaited<ReturnType<TestBrowser['context']['newPage']>>;

/** As a screen reader is told it, by `aria-describedby`. Throws where no field that is marked as wrong gets the focus. */
export async function wrongField(page: Page): Promise<string> {
  await page.locator('[aria-invalid="true"]:focus').waitFor();
  return page.evaluate(() => {
    const ids = document.activeElement?.getAttribute('aria-describedby')?.split(' ') ?? [];
    return ids.map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  });
}
