import type {
  CheckManyReply,
  Decision,
  DecisionReason,
  ExplainReply,
  ListAllowedReply,
  ToolLabel,
} from '@portcullis/contracts';

/** Messages of `portcullis.policy.v1` as proto-loader takes them. */

const named = (prefix: string, name: string | null): string =>
  `${prefix}_${(name ?? 'unspecified').toUpperCase()}`;

const labelOf = (label: ToolLabel | null): string => named('LABEL', label);

const reasonOf = ({ code, rule, message }: DecisionReason): object => ({
  code,
  message,
  ...(rule === null ? {} : { rule }),
});

const decisionOf = (decision: Decision): object => ({
  effect: named('EFFECT', decision.decision),
  decision_id: decision.decisionId,
  revision: String(decision.revision),
  policy_digest: decision.policyDigest,
  rule: decision.rule,
  label: labelOf(decision.label),
  reasons: decision.reasons.map(reasonOf),
  message: decision.message,
});

export const checkResponse = (decision: Decision): object => ({ decision: decisionOf(decision) });

export const checkManyResponse = ({ results, revision }: CheckManyReply): object => ({
  results: results.map((result) =>
    'error' in result ? { error: result.error } : { decision: decisionOf(result.decision) },
  ),
  revision: String(revision),
});

export const listAllowedResponse = (reply: ListAllowedReply): object => ({
  tools: reply.tools.map((tool) => ({ ...tool, label: labelOf(tool.label) })),
  complete: reply.complete,
  ...(reply.continuation === null ? {} : { continuation: reply.continuation }),
  revision: String(reply.revision),
  policy_digest: reply.policyDigest,
  refused: reply.refused === null ? null : reasonOf(reply.refused),
});

const EFFECTS = {
  allow: 'EFFECT_ALLOW',
  deny: 'EFFECT_DENY',
  require_approval: 'EFFECT_APPROVAL_REQUIRED',
} as const;

export const explainResponse = ({ decision, rules, omittedRules }: ExplainReply): object => ({
  decision: decisionOf(decision),
  rules: rules.map(({ condition, ...rule }) => ({
    ...rule,
    effect: EFFECTS[rule.effect],
    condition: condition === null ? null : conditionOf(condition),
  })),
  omitted_rules: omittedRules,
});

const conditionOf = ({
  truth,
  leaves,
  omittedLeaves,
}: NonNullable<ExplainReply['rules'][number]['condition']>): object => ({
  truth: named('TRUTH', truth),
  leaves: leaves.map(({ why, ...leaf }) => ({
    ...leaf,
    truth: named('TRUTH', leaf.truth),
    ...(why === null ? {} : { why }),
  })),
  omitted_leaves: omittedLeaves,
});
