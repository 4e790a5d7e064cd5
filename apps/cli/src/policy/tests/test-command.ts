import { writeFileSync } from 'node:fs';
import { policyCatalogueSchema, type PolicyCatalogue, type PolicyDocument } from '@portcullis/contracts';
import {
  loadPolicy,
  validatePolicy,
  type LoadedPolicy,
  type LocatedFinding,
} from '@portcullis/policy-engine';
import { describeFindings, hasErrors } from '../describe-findings.js';
import { EXIT } from '../exit-codes.js';
import { readJson, readPolicyFiles } from '../read-files.js';
import { readTests, type TestCase } from './cases.js';
import { coverageOf } from './coverage.js';
import { describeCoverage, describeResults } from './describe-results.js';
import { junitReport } from './junit.js';
import { runTests, type TestRun } from './run-tests.js';
import { impliedCatalogue, OF_AN_ORGANISATION, requireKnown } from './test-catalogue.js';

export interface TestArguments {
  /** Files of tests, beside those among the policy's own. */
  tests?: string[];
  catalogue?: string;
  junit?: string;
  /** Least share of rules that tests must reach, in percent; true: say it only. */
  coverage?: number | true;
  json: boolean;
}

/** `portcullis policy test`: validates files of policy and runs their tests, with nothing but the files. */
export function testPolicy(paths: string[], options: TestArguments): number {
  const files = readPolicyFiles([...paths, ...(options.tests ?? [])]);
  if (files.policy.length === 0) throw new Error('There is no file of policy among these');
  const loaded = loadPolicy(files.policy);
  const { cases, findings: broken } = readTests(files.tests);
  if (loaded.document === null || broken.length > 0) {
    return unreadable([...loaded.findings, ...broken], options);
  }
  const given =
    options.catalogue === undefined ? undefined : policyCatalogueSchema.parse(readJson(options.catalogue));
  const findings = validate(loaded, loaded.document, cases, given);
  // What can't be applied decides nothing.
  const run = hasErrors(findings)
    ? { results: [], reached: new Set<string>() }
    : decide(loaded.document, cases, given);
  return report(loaded.document, { findings, ...run }, options);
}

function unreadable(findings: readonly LocatedFinding[], { json, junit }: TestArguments): number {
  if (junit !== undefined) writeFileSync(junit, junitReport(findings, []));
  process.stdout.write(json ? `${JSON.stringify({ findings, results: [] })}\n` : describeFindings(findings));
  return EXIT.unusable;
}

function validate(
  { sources }: LoadedPolicy,
  document: PolicyDocument,
  cases: readonly TestCase[],
  given: PolicyCatalogue | undefined,
): LocatedFinding[] {
  return validatePolicy(document, given ?? impliedCatalogue(document, cases))
    .filter(({ code }) => given !== undefined || !OF_AN_ORGANISATION.has(code))
    .map((finding) => sources.locate(finding));
}

function decide(
  document: PolicyDocument,
  cases: readonly TestCase[],
  given: PolicyCatalogue | undefined,
): TestRun {
  if (given !== undefined) requireKnown(document, given, cases);
  return runTests(document, given ?? impliedCatalogue(document, cases), cases);
}

function report(
  document: PolicyDocument,
  { findings, results, reached }: TestRun & { findings: LocatedFinding[] },
  { junit, coverage: wanted, json }: TestArguments,
): number {
  const coverage = coverageOf(document, reached);
  if (junit !== undefined) writeFileSync(junit, junitReport(findings, results));
  if (json) process.stdout.write(`${JSON.stringify({ findings, results, coverage })}\n`);
  else {
    process.stdout.write(describeFindings(findings) + describeResults(results));
    if (wanted !== undefined) process.stdout.write(describeCoverage(coverage));
  }
  const isCovered = typeof wanted !== 'number' || coverage.percent >= wanted;
  const hasFailed = hasErrors(findings) || results.some(({ failures }) => failures.length > 0) || !isCovered;
  return hasFailed ? EXIT.failed : EXIT.ok;
}
