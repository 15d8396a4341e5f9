// For browser tests: what a page's own content security policy refused in it.
import type { TestBrowser } from '@sena/testing/chromium';

/**
 * Listens in every page that the browser opens from now on. Returns the list that grows: one line for each refusal, with the page's path, the
 * directive, what was refused and, for what stands in the page, how it begins.
 */
export async function listenForRefusals({ context }: TestBrowser): Promise<string[]> {
  const refusals: string[] = [];
  await context.exposeBinding('tellRefusal', (_source, line: string) => refusals.push(line));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sample } = event;
      const tell = Reflect.get(window, 'tellRefusal') as (line: string) => void;
      tell(`${location.pathname}: ${effectiveDirective} refused ${blockedURI} ${sample}`);
    });
  });
  // The browser's own words: what is refused before a script could listen, or in a frame without one.
  context.on('console', (message) => {
    if (message.type() === 'error' && /content security policy/i.test(message.text()))
      refusals.push(`${new URL(message.page()?.url() ?? 'about:blank').pathname}: ${message.text()}`);
  });
  return refusals;
}
