import { AppError, type PolicyChange, type PolicyDocument, type PolicyPlan } from '@portcullis/contracts';
import { Snapshot } from '../decisions/snapshot.js';
import type { Finding } from '../document/finding.js';
import type { Fact } from '../facts/facts.js';
import { evolve } from '../organisation/evolve.js';
import { requireExpandable } from '../organisation/expansion-budget.js';
import { documentOf, storedDocumentOf, versionOf } from '../organisation/policy-document.js';
import type { PolicyState } from '../organisation/state.js';
import { validatePolicy } from '../validation/validate-policy.js';
import { catalogueOf } from './catalogue-of.js';
import { diffDocuments } from './document-diff.js';
import { diffRights } from './rights-diff.js';

const MAX_FINDINGS = 200;
/** Of all changes together, in units of JSON: a plan has to fit into one message. */
const MAX_CHANGES_LENGTH = 300_000;

/** What applying the document to this policy would mean. Pure: nothing is applied. */
export function planPolicy(snapshot: Snapshot, document: PolicyDocument): PolicyPlan {
  const { state, revision } = snapshot;
  const current = documentOf(state);
  const basis = versionOf(current);
  const findings = validatePolicy(document, catalogueOf(state));
  const next = findings.some(isError) ? null : apply(state, document, findings);
  const shown = findings.slice(0, MAX_FINDINGS);
  const plan = { revision, basis, findings: shown, omittedFindings: findings.length - shown.length };
  if (next === null) {
    return {
      ...plan,
      version: null,
      changes: [],
      omittedChanges: 0,
      rights: { changes: [], complete: false },
    };
  }
  const wanted = documentOf(next);
  const changes = diffDocuments(current, wanted, next);
  const fitting = fit(changes);
  return {
    ...plan,
    version: versionOf(wanted),
    changes: fitting,
    omittedChanges: changes.length - fitting.length,
    rights: diffRights(snapshot, new Snapshot(next, revision + 1)),
  };
}

const isError = ({ severity }: Finding): boolean => severity === 'error';

/** The policy with the document in force, or null and a finding that says why it can't be. */
function apply(state: PolicyState, document: PolicyDocument, findings: Finding[]): PolicyState | null {
  try {
    const stored = storedDocumentOf(document, state);
    const said = {
      org: state.org ?? '',
      commandId: '',
      time: state.time,
      actor: { kind: 'system' as const, id: null },
    };
    const fact: Fact = {
      type: 'policy.PolicyApplied',
      data: { ...said, version: versionOf(stored), document: stored },
    };
    const next = evolve(state, fact);
    requireExpandable([fact], next);
    return next;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    findings.unshift({ severity: 'error', code: 'refused', rule: null, at: '', reason: error.message });
    return null;
  }
}

function fit(changes: readonly PolicyChange[]): PolicyChange[] {
  let left = MAX_CHANGES_LENGTH;
  const end = changes.findIndex((change) => (left -= JSON.stringify(change).length) < 0);
  return end < 0 ? [...changes] : changes.slice(0, end);
}
