import {
  AppError,
  checkItemSchema,
  type CheckItem,
  type CheckResult,
  type Decision,
  ERROR_TABLE,
  validated,
} from '@portcullis/contracts';
import { evaluationPartsSchema, evaluationSchema, type EvaluationParts } from './authzen-messages.js';

/** Keys of a context that conditions can look at; the others are not ours to judge. */
const CONTEXT_KEYS = ['protocol', 'transport', 'ip'] as const;

/**
 * An AuthZEN question as one of `check`. @throws AppError INVALID_ARGUMENT naming the part
 */
export function itemOf(value: unknown, defaults: EvaluationParts = {}): CheckItem {
  const own = validated(evaluationPartsSchema, value);
  const { subject, action, resource, context = {} } = validated(evaluationSchema, { ...defaults, ...own });
  const [server = '', tool] = targetOf(resource);
  const known = CONTEXT_KEYS.filter((key) => Object.hasOwn(context, key));
  return validated(checkItemSchema, {
    principal: subject.id,
    operation: action.name,
    server,
    tool: tool ?? null,
    arguments: resource.properties?.arguments ?? null,
    context: Object.fromEntries(known.map((key) => [key, context[key]])),
  });
}

/** Slugs hold no slash, names of tools may. */
function targetOf({ type, id }: { type: 'tool' | 'server'; id: string }): string[] {
  if (type === 'server') return [id];
  const slash = id.indexOf('/');
  if (slash < 0) {
    throw new AppError('INVALID_ARGUMENT', 'The request is invalid. resource.id: must be <server>/<tool>');
  }
  return [id.slice(0, slash), id.slice(slash + 1)];
}

/** An AuthZEN decision. Whatever is not an allow is false; what it is says the context. */
export interface EvaluationResponse {
  decision: boolean;
  context: Record<string, unknown>;
}

/** The context is the decision as the other transports give it, whole. */
export const responseOf = (decision: Decision): EvaluationResponse => ({
  decision: decision.decision === 'allow',
  context: { ...decision },
});

export function resultOf(result: CheckResult): EvaluationResponse {
  if ('decision' in result) return responseOf(result.decision);
  const { code, message } = result.error;
  return { decision: false, context: { error: { status: ERROR_TABLE[code].http, code, message } } };
}
