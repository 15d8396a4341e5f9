// npm test: sets up what is missing, checks the code, runs every test. On any Node ≥ 20 that has npm.
// `npm test -- packages/queue` runs only the tests whose path contains that.
import { performance } from 'node:perf_hooks';
import { ensureToolchain } from './bootstrap.mjs';
import { installSystemPackages } from './src/test/install-system-packages.mjs';
import { readTotals } from './src/test/read-totals.mjs';
import { runChecks } from './src/test/run-checks.mjs';
import { reportFile, runTests } from './src/test/run-tests.mjs';

const log = (line) => console.log(line);
const filters = process.argv.slice(2);
const startedAt = performance.now();

try {
  // First: what the toolchain compiles needs a compiler.
  await installSystemPackages(log);
  const { node, env } = await ensureToolchain({ log });
  // Side by side on two cores; the tests run alone after them, because some of them measure time.
  const [failedChecks, consoleIsBuilt] = await Promise.all([
    filters.length === 0 ? runChecks(env, log) : [],
    filters.length === 0 || filters.some((filter) => filter.startsWith('tests')) ? buildConsole() : true,
  ]);
  if (!consoleIsBuilt) failedChecks.push('build of the console');
  const testsAreWell = await runTests(node, env, filters);
  const { passed, failed, skipped } = readTotals(reportFile);

  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  log(`\n${passed} tests passed, ${failed} failed, ${skipped} skipped in ${minutes} minutes`);
  if (failedChecks.length > 0) log(`Checks that failed: ${failedChecks.join(', ')}`);
  if (skipped > 0) log('A skipped test is a failure: install what it needs, or delete it.');
  const isWell = testsAreWell && failed === 0 && skipped === 0 && failedChecks.length === 0;
  process.exitCode = isWell ? 0 : 1;
} catch (error) {
  console.error(`✘ ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** Without it the browser test fails too; all the others still have something to say. */
async function buildConsole() {
  try {
    await ensureToolchain({ log, console: true });
    return true;
  } catch (error) {
    log(`✘ ${error.message}`);
    return false;
  }
}
