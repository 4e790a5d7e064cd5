import type { LocatedFinding } from '@portcullis/policy-engine';
import type { TestResult } from './run-tests.js';

/** What XML 1.0 can't hold, even escaped. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const escape = (text: string): string =>
  text.replace(NOT_XML, '\u{FFFD}').replace(/[&<>"'\t\n\r]/g, (character) => ENTITIES[character]!);

const attributes = (values: Record<string, string | number>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escape(String(value))}"`)
    .join('');

interface Outcome {
  name: string;
  classname: string;
  file: string;
  line: number;
  /** Undefined: passed. */
  failure: { message: string; text: string } | undefined;
}

/** JUnit's XML, as CI servers read it: a suite for what is wrong with the policy, and one for each test file. */
export function junitReport(findings: readonly LocatedFinding[], results: readonly TestResult[]): string {
  const suites = new Map<string, Outcome[]>([['policy', findings.filter(isError).map(findingOutcome)]]);
  for (const result of results) {
    const outcomes = suites.get(result.case.file) ?? [];
    suites.set(result.case.file, [...outcomes, resultOutcome(result)]);
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${[...suites].map(suite).join('')}</testsuites>\n`;
}

const isError = ({ severity }: LocatedFinding): boolean => severity === 'error';

const findingOutcome = ({ file, line, code, rule, reason }: LocatedFinding): Outcome => ({
  name: `${code}${rule === null ? '' : ` ${rule}`}`,
  classname: file,
  file,
  line,
  failure: { message: reason, text: `${file}:${line}` },
});

const resultOutcome = ({ case: one, decided, failures }: TestResult): Outcome => ({
  name: `${one.test}: ${one.principal.name}, ${one.call.name}`,
  classname: one.file,
  file: one.file,
  line: one.line,
  failure:
    failures.length === 0
      ? undefined
      : {
          message: failures.join('; '),
          text: `${one.file}:${one.line}\nDecided by "${decided.rule}": ${decided.because}`,
        },
});

function suite([name, outcomes]: [string, Outcome[]]): string {
  const failures = outcomes.filter(({ failure }) => failure !== undefined).length;
  const head = attributes({ name, tests: outcomes.length, failures, errors: 0, skipped: 0 });
  return `  <testsuite${head}>\n${outcomes.map(testcase).join('')}  </testsuite>\n`;
}

function testcase({ failure, ...about }: Outcome): string {
  if (failure === undefined) return `    <testcase${attributes(about)}/>\n`;
  const { message, text } = failure;
  return `    <testcase${attributes(about)}>\n      <failure${attributes({ message })}>${escape(text)}</failure>\n    </testcase>\n`;
}
