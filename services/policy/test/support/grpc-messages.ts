import {
  checkManyReplySchema,
  decisionSchema,
  explainReplySchema,
  listAllowedReplySchema,
  type CheckItem,
  type CheckManyReply,
  type CheckRequest,
  type Decision,
  type DecisionContext,
  type ExplainReply,
  type ListAllowedReply,
  type ListAllowedRequest,
} from '@portcullis/contracts';

/** The messages of the contract as an internal tool writes and reads them over gRPC, with a schema check of what it reads. */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function toValue(value: Json): object {
  if (value === null) return { nullValue: 'NULL_VALUE' };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: toStruct(value) };
}

export const toStruct = (value: { [key: string]: Json }): object => ({
  fields: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toValue(item)])),
});

const revisionOf = (atLeastRevision: number | undefined): object =>
  atLeastRevision === undefined ? {} : { at_least_revision: String(atLeastRevision) };

const contextOf = (context: DecisionContext): object => ({ ...context });

export const toGrpcCheck = (request: CheckRequest | CheckItem): object => ({
  principal: { user: request.principal },
  operation: `OPERATION_${request.operation.toUpperCase().replace('.', '_')}`,
  server: request.server,
  ...(request.tool === null ? {} : { tool: request.tool }),
  ...(request.arguments === null
    ? {}
    : { arguments: toStruct(request.arguments as { [key: string]: Json }) }),
  context: contextOf(request.context),
  ...revisionOf('atLeastRevision' in request ? request.atLeastRevision : undefined),
});

export const toGrpcCheckMany = (items: CheckItem[], atLeastRevision?: number): object => ({
  items: items.map(toGrpcCheck),
  ...revisionOf(atLeastRevision),
});

export const toGrpcList = (request: ListAllowedRequest): object => ({
  principal: { user: request.principal },
  ...(request.server === null ? {} : { server: request.server }),
  context: contextOf(request.context),
  page_size: request.pageSize,
  ...(request.continuation === null ? {} : { continuation: request.continuation }),
  ...revisionOf(request.atLeastRevision),
});

interface GrpcReason {
  code: string;
  rule?: string;
  message: string;
}

interface GrpcDecision {
  effect: string;
  decision_id: string;
  revision: string;
  policy_digest: string;
  rule: string;
  label: string;
  reasons: GrpcReason[];
  message: string;
}

/** `LABEL_READ` → `read`; the unspecified one is null. */
const bare = (name: string): string | null => {
  const word = name.slice(name.indexOf('_') + 1).toLowerCase();
  return word === 'unspecified' ? null : word;
};

const reason = ({ code, rule, message }: GrpcReason) => ({ code, rule: rule ?? null, message });

const decisionOf = (decision: GrpcDecision) => ({
  decision: bare(decision.effect),
  decisionId: decision.decision_id,
  revision: Number(decision.revision),
  policyDigest: decision.policy_digest,
  rule: decision.rule,
  label: bare(decision.label),
  reasons: decision.reasons.map(reason),
  message: decision.message,
});

export const fromGrpcCheck = (response: object): Decision =>
  decisionSchema.parse(decisionOf((response as { decision: GrpcDecision }).decision));

export function fromGrpcCheckMany(response: object): CheckManyReply {
  const { results, revision } = response as {
    results: { decision?: GrpcDecision; error?: object }[];
    revision: string;
  };
  return checkManyReplySchema.parse({
    results: results.map(({ decision, error }) => (error ? { error } : { decision: decisionOf(decision!) })),
    revision: Number(revision),
  });
}

export function fromGrpcList(response: object): ListAllowedReply {
  const { tools, complete, continuation, ...rest } = response as {
    tools: { label: string }[];
    complete: boolean;
    continuation?: string;
    revision: string;
    policy_digest: string;
    refused: GrpcReason | null;
  };
  return listAllowedReplySchema.parse({
    tools: tools.map((tool) => ({ ...tool, label: bare(tool.label) })),
    complete,
    continuation: continuation ?? null,
    revision: Number(rest.revision),
    policyDigest: rest.policy_digest,
    refused: rest.refused === null ? null : reason(rest.refused),
  });
}

interface GrpcRule {
  effect: string;
  condition: { truth: string; omitted_leaves: number; leaves: { truth: string; why?: string }[] } | null;
}

export function fromGrpcExplain(response: object): ExplainReply {
  const { decision, rules, omitted_rules } = response as {
    decision: GrpcDecision;
    rules: GrpcRule[];
    omitted_rules: number;
  };
  return explainReplySchema.parse({
    decision: decisionOf(decision),
    rules: rules.map(({ effect, condition, ...rule }) => ({
      ...rule,
      effect: effect === 'EFFECT_APPROVAL_REQUIRED' ? 'require_approval' : bare(effect),
      condition: condition && {
        truth: bare(condition.truth),
        leaves: condition.leaves.map((leaf) => withoutVirtual({ ...leaf, truth: bare(leaf.truth) })),
        omittedLeaves: condition.omitted_leaves,
      },
    })),
    omittedRules: omitted_rules,
  });
}

/** proto-loader tells of an optional field under `_field`. */
const withoutVirtual = ({
  _why: _virtual,
  ...leaf
}: {
  _why?: string;
  why?: string;
  truth: string | null;
}) => ({
  ...leaf,
  why: leaf.why ?? null,
});
