import type { Decision } from '@portcullis/contracts';
import type { Snapshot } from './snapshot.js';
import type { Verdict } from './verdict.js';

const WORDS = { allow: 'Allowed', deny: 'Denied', approval_required: 'Held back' } as const;

/** A verdict with the policy it was made under: what callers, admins and the audit trail see (B11). */
export function explainVerdict(verdict: Verdict, snapshot: Snapshot, decisionId: string): Decision {
  const { decision, rule, label, reasons } = verdict;
  const sentence = `${WORDS[decision]} by rule "${rule}" at policy revision ${snapshot.revision}: ${verdict.because}.`;
  return {
    decision,
    decisionId,
    revision: snapshot.revision,
    policyDigest: snapshot.digest,
    rule,
    label,
    reasons,
    message: verdict.advice === '' ? sentence : `${sentence} ${verdict.advice}`,
  };
}
