import { writeFileSync } from 'node:fs';

/** Names the file that {@link TotalsReporter} writes. */
export const TOTALS_FILE_VARIABLE = 'PORTCULLIS_TOTALS_FILE';

/**
 * A Jest reporter that leaves the run's own counts as JSON. Jest's `--json` does the same with everything else besides,
 * and writes nothing at all when one failure holds a value that can't be serialised.
 */
export default class TotalsReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } =
      results;
    const counts = {
      numPassedTests,
      numFailedTests,
      numRuntimeErrorTestSuites,
      numPendingTests,
      numTodoTests,
    };
    writeFileSync(process.env[TOTALS_FILE_VARIABLE], JSON.stringify(counts));
  }
}
