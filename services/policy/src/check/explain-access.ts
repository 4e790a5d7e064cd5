import type { CheckRequest, ExplainReply } from '@portcullis/contracts';
import { decideQuestion, explainRules, type ExplainedRule } from '@portcullis/policy-engine';
import { decideOn, refuseView } from '../decisions/policy-decisions.js';
import type { FreshPolicies } from './fresh-policies.js';
import { questionOf, soon, type Soon } from './question-of.js';

/** The decision of `check`, with every rule that was considered for it. */
export class ExplainAccess {
  constructor(private readonly policies: FreshPolicies) {}

  /** @throws AppError UNAVAILABLE, STALE */
  run(org: string, request: CheckRequest): Soon<ExplainReply> {
    return soon(this.policies.atLeast(org, request.atLeastRevision), (moment) => {
      const question = questionOf(request, moment.time);
      const { decision, snapshot } = decideOn(org, moment, (policy) => decideQuestion(policy, question));
      // Nothing of a policy that can't be believed is shown as if it counted.
      if (refuseView(org, moment.view) !== undefined) return { decision, rules: [], omittedRules: 0 };
      const { rules, omittedRules } = explainRules(snapshot, question, decision.rule);
      return { decision, rules: rules.map(toMessage), omittedRules };
    });
  }
}

const OPERAND_LENGTH = 500;

function operandText(operand: unknown): string {
  const text = JSON.stringify(operand);
  return text.length > OPERAND_LENGTH ? `${text.slice(0, OPERAND_LENGTH)}…` : text;
}

const toMessage = ({ condition, ...rule }: ExplainedRule): ExplainReply['rules'][number] => ({
  ...rule,
  condition:
    condition === null
      ? null
      : {
          ...condition,
          leaves: condition.leaves.map((leaf) => ({ ...leaf, operand: operandText(leaf.operand) })),
        },
});
