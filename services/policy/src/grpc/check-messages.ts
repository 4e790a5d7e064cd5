import { AppError, checkRequestSchema, type CheckRequest, type Decision } from '@portcullis/contracts';
import { structToJson, type ProtoStruct } from '../check/struct.js';

/** `portcullis.policy.v1.CheckRequest` as proto-loader gives it. */
export interface ProtoCheckRequest {
  principal: { user: string } | null;
  /** A number where the decoder does not know the name. */
  operation: string | number;
  server: string;
  tool?: string;
  arguments: ProtoStruct | null;
  context: { protocol?: string; transport?: string } | null;
}

const OPERATION_PREFIX = 'OPERATION_';

const operationName = (operation: string | number): string =>
  String(operation).slice(OPERATION_PREFIX.length).toLowerCase().replace('_', '.');

/** @throws AppError INVALID_ARGUMENT naming the field */
export function fromProto(message: ProtoCheckRequest): CheckRequest {
  const parsed = checkRequestSchema.safeParse({
    principal: message.principal?.user,
    operation: operationName(message.operation),
    server: message.server,
    tool: message.tool ?? null,
    // Checked by the decision, like those of every transport: the schema would only say that they are not JSON.
    arguments: null,
    context: withoutAbsent(message.context ?? {}),
  });
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new AppError('INVALID_ARGUMENT', `The request is invalid. ${faults.slice(0, 8).join('; ')}`);
  }
  return { ...parsed.data, arguments: message.arguments === null ? null : structToJson(message.arguments) };
}

/** Absent optional fields have no value, and proto-loader's virtual fields start with an underscore. */
const withoutAbsent = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(([key, value]) => value !== undefined && !key.startsWith('_')),
  );

/** `portcullis.policy.v1.CheckResponse`. */
export function toProto(decision: Decision): { decision: object } {
  return {
    decision: {
      effect: `EFFECT_${decision.decision.toUpperCase()}`,
      decision_id: decision.decisionId,
      revision: String(decision.revision),
      policy_digest: decision.policyDigest,
      rule: decision.rule,
      label: decision.label === null ? 'LABEL_UNSPECIFIED' : `LABEL_${decision.label.toUpperCase()}`,
      reasons: decision.reasons.map(({ code, rule, message }) => ({
        code,
        message,
        ...(rule === null ? {} : { rule }),
      })),
      message: decision.message,
    },
  };
}
