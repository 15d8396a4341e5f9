import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** A process of its own: what V8 compiles for one is there for all. */
const program = `
  import { loadBashParser } from './load-bash-parser.ts';
  import { evaluateCommand } from './evaluate-command.ts';
  const parser = await loadBashParser();
  evaluateCommand(parser, 'uname -a');
  const kilobytes = () => process.resourceUsage().maxRSS;
  const before = kilobytes();
  for (let i = 0; i < 1_500; i += 1) evaluateCommand(parser, 'df -h | sort -k5 | head -3');
  // What would be compiled in the background has begun by now.
  await new Promise((resolve) => setTimeout(resolve, 500));
  console.log(JSON.stringify({ grownKilobytes: kilobytes() - before }));
`;

test('a thousand commands do not make it grow by hundreds of megabytes', async () => {
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', program],
    { cwd: import.meta.dirname, timeout: 25_000 },
  );
  const { grownKilobytes } = JSON.parse(stdout);
  expect(grownKilobytes).toBeLessThan(100_000);
});
