import type { ConditionInput } from '../conditions/evaluate.js';
import type { ToolLabel } from '../organisation/state.js';

/** CASL's subject type of one tool. Server ids hold no slash, so no two tools share one. */
export const subjectType = (srv: string, tool: string): string => `t:${srv}/${tool}`;

/** The way back from {@link subjectType}. */
export function parseSubjectType(type: string): { srv: string; tool: string } {
  const slash = type.indexOf('/');
  return { srv: type.slice('t:'.length, slash), tool: type.slice(slash + 1) };
}

export const action = (label: ToolLabel): string => `l:${label}`;

/**
 * One call as CASL sees it. A class of our own: what the caller sends is a field in here and never the subject itself, so
 * `__caslSubjectType__`, `__typename` or `kind` in arguments pick nothing.
 */
export class ToolSubject {
  constructor(
    readonly type: string,
    readonly input: ConditionInput,
  ) {}
}
