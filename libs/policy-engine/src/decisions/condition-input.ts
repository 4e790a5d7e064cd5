import type { ConditionInput } from '../conditions/evaluate.js';
import { groupsOf } from '../organisation/state.js';
import type { Question } from './question.js';
import type { Snapshot } from './snapshot.js';

/** Leaves out what is null, so that a condition on it finds nothing and is indeterminate. */
const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));

/** What conditions of this question may look at; `args` may stand for arguments that are not known yet. */
export function conditionInput(
  snapshot: Snapshot,
  { asker, context, time }: Question,
  args: unknown,
): ConditionInput {
  const { user, client, agent, kind, scopes } = asker;
  return {
    arguments: args,
    principal: present({
      user,
      client,
      agent,
      kind,
      scopes,
      roles: snapshot.rolesOf(user),
      groups: groupsOf(snapshot.state, user),
    }),
    context: present({ ...context, time }),
  };
}
