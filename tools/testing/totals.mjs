/**
 * Passed and failed of one Jest run, from the counts its reporter left. What did not run did not pass: a test file that could not be
 * loaded counts as one failure, and so does a run without results, or one that Jest ended badly for another reason.
 * @param {object | undefined} results Jest's counts, undefined when there is none
 * @param {number | null} exitCode Jest's own
 */
export function totalsOf(results, exitCode) {
  if (results === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  return {
    passed: results.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

export const sum = (totals) => ({
  passed: totals.reduce((all, one) => all + one.passed, 0),
  failed: totals.reduce((all, one) => all + one.failed, 0),
  skipped: totals.reduce((all, one) => all + one.skipped, 0),
});

/** The last line of a test run, for machines. */
export const closingLine = ({ passed, failed }) => `${passed} passed, ${failed} failed`;

/** A run is good only if something ran and nothing failed. */
export const isGood = ({ passed, failed }) => passed > 0 && failed === 0;
