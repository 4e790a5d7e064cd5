import { isDeepStrictEqual } from 'node:util';
import type { PolicyCatalogue, PolicyDocument } from '@portcullis/contracts';
import { appliedRules, assemblePolicy, decideQuestion, type Question } from '@portcullis/policy-engine';
import type { TestCase } from './cases.js';
import { keyOf, userIds, withTests } from './test-catalogue.js';

/** What audit would record of the decision. */
export interface Decided {
  decision: string;
  rule: string;
  label: string | null;
  reasons: string[];
  because: string;
}

export interface TestResult {
  case: TestCase;
  decided: Decided;
  /** What is not as expected; empty when the test has passed. */
  failures: string[];
}

export interface TestRun {
  results: TestResult[];
  /** Rules that applied to some call, whichever decided it. */
  reached: ReadonlySet<string>;
}

/** Puts every case to the engine that decides in an installation. */
export function runTests(
  document: PolicyDocument,
  catalogue: PolicyCatalogue,
  cases: readonly TestCase[],
): TestRun {
  const snapshot = assemblePolicy(document, withTests(catalogue, cases));
  const ids = userIds(cases);
  const reached = new Set<string>();
  const results = cases.map((one) => {
    const question = questionOf(one, ids.get(keyOf(one.principal))!);
    for (const rule of appliedRules(snapshot, question)) reached.add(rule);
    const { decision, rule, label, reasons, because } = decideQuestion(snapshot, question);
    const decided = { decision, rule, label, reasons: reasons.map(({ code }) => code), because };
    return { case: one, decided, failures: failuresOf(one, decided) };
  });
  return { results, reached };
}

function questionOf({ principal, call }: TestCase, user: string): Question {
  const { client = null, agent = null, kind = null, scopes = null } = principal;
  return {
    asker: { user, session: null, client, agent, kind, scopes },
    operation: 'tool.call',
    server: { slug: call.server },
    tool: call.tool,
    arguments: call.arguments ?? {},
    context: call.context ?? {},
    annotations: call.annotations,
    time: call.time,
  };
}

const FIELDS = ['decision', 'rule', 'label', 'reasons'] as const;

const failuresOf = ({ expected }: TestCase, decided: Decided): string[] =>
  FIELDS.filter(
    (field) => expected[field] !== undefined && !isDeepStrictEqual(expected[field], decided[field]),
  ).map(
    (field) => `${field} is ${JSON.stringify(decided[field])}, expected ${JSON.stringify(expected[field])}`,
  );
