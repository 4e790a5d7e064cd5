import type { ConditionInput } from '../conditions/evaluate.js';
import type { Question } from './question.js';
import type { Snapshot } from './snapshot.js';

/** What conditions of this question may look at; `args` may stand for arguments that are not known yet. */
export function conditionInput(
  snapshot: Snapshot,
  { asker, context, time }: Question,
  args: unknown,
): ConditionInput {
  const { user, client, agent, kind, scopes } = asker;
  const { roles, groups } = snapshot.asker(user);
  return {
    arguments: args,
    principal: withPresent({ user, roles, groups }, { client, agent, kind, scopes }),
    context: withPresent({}, { ...context, time }),
  };
}

/** Leaves out what is null, so that a condition on it finds nothing and is indeterminate. */
function withPresent(
  fields: Record<string, unknown>,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  for (const key of Object.keys(more)) {
    const value = more[key];
    if (value !== null && value !== undefined) fields[key] = value;
  }
  return fields;
}
