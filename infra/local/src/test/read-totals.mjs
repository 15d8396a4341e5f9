// What the test runner's JSON report says. Entered by npm test and by print-totals.mjs. Reads that file only.
import { readFileSync } from 'node:fs';

/**
 * A file that could not even be loaded, or whose set-up failed, counts as one failure: none of its tests ran.
 * @param {string} file
 * @returns {{ passed: number, failed: number, skipped: number }}
 * @throws {Error} with a sentence, when there is no report or it is not one.
 */
export function readTotals(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`There is no test report in ${file}: the tests did not run to their end.`, { cause });
  }
  if (!Array.isArray(report.testResults)) throw new Error(`${file} is not a test report.`);

  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const testFile of report.testResults) {
    const states = testFile.assertionResults.map((test) => test.status);
    const failed = states.filter((state) => state === 'failed').length;
    const passed = states.filter((state) => state === 'passed').length;
    totals.passed += passed;
    totals.failed += testFile.status === 'failed' ? Math.max(failed, 1) : failed;
    totals.skipped += states.length - failed - passed;
  }
  return totals;
}
