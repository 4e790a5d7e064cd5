import type { Coverage } from './coverage.js';
import type { TestResult } from './run-tests.js';

export function describeResults(results: readonly TestResult[]): string {
  const failed = results.filter(({ failures }) => failures.length > 0);
  const lines = failed.map(
    ({ case: { file, line, test, principal, call }, decided, failures }) =>
      `${file}:${line}: failed ${test}: ${principal.name}, ${call.name}: ${failures.join('; ')} ` +
      `(decided by "${decided.rule}": ${decided.because})\n`,
  );
  return `${lines.join('')}${results.length - failed.length} passed, ${failed.length} failed\n`;
}

export function describeCoverage({ rules, unreached, percent }: Coverage): string {
  const rest = unreached.length === 0 ? '' : `; no test reaches ${unreached.join(', ')}`;
  return `Tests reach ${rules - unreached.length} of ${rules} rules (${percent} %)${rest}\n`;
}
