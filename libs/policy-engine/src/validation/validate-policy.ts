import type { PolicyCatalogue, PolicyDocument } from '@portcullis/contracts';
import type { Finding } from '../document/finding.js';
import { Budget } from './budget.js';
import { ConditionFindings } from './condition-findings.js';
import { checkDefinitions, checkNames } from './name-checks.js';
import { reachOf } from './reach.js';
import { checkReach } from './reach-checks.js';
import { clausesOf } from './selector.js';
import { checkShadows } from './shadow-checks.js';
import { worldOf } from './world.js';

/** Steps of one validation: about half a second. */
const MAX_STEPS = 5_000_000;
const MAX_FINDINGS = 1_000;

/**
 * What is wrong with a policy document in this organisation. Errors must not be put in force; warnings are for the author.
 * Conditions must be compilable. A rule that is said never to fire decides no call, whatever its arguments.
 */
export function validatePolicy(
  document: PolicyDocument,
  catalogue: PolicyCatalogue,
  steps = MAX_STEPS,
): Finding[] {
  const world = worldOf(document, catalogue);
  const clauses = clausesOf(document);
  const budget = new Budget(steps);
  const conditions = new ConditionFindings(world, budget);
  const findings = checkDefinitions(document, world);
  for (const clause of clauses) {
    findings.push(...checkNames(clause, world));
    const reach = reachOf(clause, world, budget);
    if (reach === undefined) break;
    findings.push(...checkReach(clause, reach, world), ...conditions.of(clause, reach));
  }
  findings.push(...checkShadows(clauses, budget));
  if (budget.isSpent) findings.push(INCOMPLETE);
  return findings.sort(bySeverity).slice(0, MAX_FINDINGS);
}

const INCOMPLETE: Finding = {
  severity: 'warning',
  code: 'analysis-incomplete',
  rule: null,
  at: '',
  reason: 'the policy is too large to look at all of it',
};

/** Errors first: what is cut off at the end must not be what a policy is refused for. */
const bySeverity = (a: Finding, b: Finding): number =>
  Number(a.severity === 'warning') - Number(b.severity === 'warning');
