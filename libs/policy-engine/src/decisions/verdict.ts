import type { DecisionReason } from '@portcullis/contracts';
import type { ToolLabel } from '../organisation/state.js';
import type { BuiltinRule } from './builtin-rules.js';

/** What was decided and by which rule, before revision and digest are put on it. */
export interface Verdict {
  decision: 'allow' | 'deny' | 'approval_required';
  rule: string;
  label: ToolLabel | null;
  reasons: DecisionReason[];
  /** Ends the sentence "Denied by rule "x" at policy revision n: …". */
  because: string;
  /** What the asker can do about a denial; empty when nothing. */
  advice: string;
  /** The approval that the call has consumed. */
  approval?: string;
}

const REASON_CODES: Partial<Record<BuiltinRule, string>> = { 'default-deny': 'no_rule_allows' };

const codeOf = (rule: BuiltinRule): string => REASON_CODES[rule] ?? rule.replaceAll('-', '_');

export function denyBy(
  rule: BuiltinRule,
  because: string,
  advice = '',
  label: ToolLabel | null = null,
): Verdict {
  return {
    decision: 'deny',
    rule,
    label,
    reasons: [{ code: codeOf(rule), rule, message: because }],
    because,
    advice,
  };
}

export function allowBy(rule: BuiltinRule, because: string): Verdict {
  return {
    decision: 'allow',
    rule,
    label: null,
    reasons: [{ code: codeOf(rule), rule, message: because }],
    because,
    advice: '',
  };
}
