import {
  nearestPlace,
  parseYamlFile,
  type LocatedFinding,
  type PolicySource,
} from '@portcullis/policy-engine';
import {
  testFileSchema,
  type Expected,
  type TestCall,
  type TestFile,
  type TestPrincipal,
} from './test-file.js';

/** One question of a test and what is expected of the answer. */
export interface TestCase {
  file: string;
  line: number;
  test: string;
  principal: { name: string } & TestPrincipal;
  call: { name: string; time: string } & Omit<TestCall, 'time'>;
  expected: Exclude<Expected, string>;
}

export interface TestCases {
  cases: TestCase[];
  findings: LocatedFinding[];
}

/** A Thursday noon: tests must not come out otherwise on another day. */
const NOON = '2026-01-01T12:00:00.000Z';
const MAX_CASES = 100_000;

export function readTests(sources: readonly PolicySource[]): TestCases {
  const read = sources.map(readTestFile);
  const cases = read.flatMap((file) => file.cases);
  if (cases.length > MAX_CASES) throw new Error(`The tests have more than ${MAX_CASES} cases`);
  return { cases, findings: read.flatMap(({ findings }) => findings) };
}

interface Cell {
  test: number;
  call: string;
  principal: string;
  expected: Expected;
  /** JSON Pointer. */
  at: string;
}

function readTestFile(source: PolicySource): TestCases {
  const { content, places, findings } = parseYamlFile(source, testFileSchema, unknownNames);
  if (content === null) return { cases: [], findings };
  const cases = content.tests
    .flatMap((_, index) => cellsOf(content, index))
    .map((cell) => ({
      file: source.name,
      line: nearestPlace(places, cell.at).line,
      test: content.tests[cell.test]!.name,
      principal: { name: cell.principal, ...content.principals[cell.principal]! },
      call: callOf(content, cell.call),
      expected: typeof cell.expected === 'string' ? { decision: cell.expected } : cell.expected,
    }));
  return { cases, findings };
}

function callOf({ calls, time }: TestFile, name: string): TestCase['call'] {
  const call = calls[name]!;
  return { name, ...call, time: new Date(call.time ?? time ?? NOON).toISOString() };
}

const step = (name: string | number): string =>
  `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;

function cellsOf(file: TestFile, test: number): Cell[] {
  const { principals, calls, expect, matrix } = file.tests[test]!;
  const at = `/tests${step(test)}`;
  if (matrix !== undefined) {
    return Object.entries(matrix).flatMap(([call, row]) =>
      Object.entries(row).map(([principal, expected]) => ({
        ...{ test, call, principal, expected },
        at: `${at}/matrix${step(call)}${step(principal)}`,
      })),
    );
  }
  return (calls ?? Object.keys(file.calls)).flatMap((call) =>
    (principals ?? Object.keys(file.principals)).map((principal) => ({
      test,
      call,
      principal,
      expected: expect!,
      at,
    })),
  );
}

function unknownNames(file: TestFile) {
  return file.tests
    .flatMap((_, index) => cellsOf(file, index))
    .flatMap(({ call, principal, at }) => {
      const unknown = [
        ...(Object.hasOwn(file.calls, call) ? [] : [`call "${call}"`]),
        ...(Object.hasOwn(file.principals, principal) ? [] : [`principal "${principal}"`]),
      ];
      return unknown.map((what) => ({ code: 'invalid-value' as const, at, reason: `there is no ${what}` }));
    });
}
