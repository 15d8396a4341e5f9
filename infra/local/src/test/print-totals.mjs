// Entered by .ci/run after npm test, with the report's path. Prints "N passed, N failed" as its last line; exits with 1
// when anything failed or was skipped, when nothing ran, and when there is no report.
import { readTotals } from './read-totals.mjs';

try {
  const { passed, failed, skipped } = readTotals(process.argv[2]);
  if (skipped > 0) console.log(`${skipped} skipped: a skipped test is a failure here.`);
  if (passed + failed === 0) console.log('No test ran.');
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && skipped === 0 && passed > 0 ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
