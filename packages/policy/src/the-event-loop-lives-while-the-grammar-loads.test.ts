import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

// In a process of its own, in which nothing else is alive.
test('a process that only waits for the grammar has something that keeps its event loop alive, and nothing when it is there', async () => {
  const loader = new URL('./load-bash-parser.ts', import.meta.url).href;
  const program = `
    import { loadBashParser } from ${JSON.stringify(loader)};
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const loading = loadBashParser();
    const during = timers();
    await loading;
    console.log(JSON.stringify({ during, after: timers() }));
  `;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(JSON.parse(stdout)).toEqual({ during: 1, after: 0 });
});
