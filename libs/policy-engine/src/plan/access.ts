import type { Access } from '@portcullis/contracts';
import { evaluate, type ConditionInput } from '../conditions/evaluate.js';
import { UNKNOWN } from '../conditions/path.js';
import type { Truth } from '../conditions/truth.js';
import type { Snapshot } from '../decisions/snapshot.js';
import type { StoredRule } from '../facts/fields.js';
import { groupsOf, rolesOf } from '../organisation/state.js';
import type { ToolAbility } from '../rules/ability.js';
import { action, subjectType } from '../rules/tool-subject.js';

export interface KnownAccess {
  access: Access;
  /** What it depends on: equal where the same rules, with the same conditions, decide. Empty unless it depends. */
  on: string;
}

const NEVER: KnownAccess = { access: 'never', on: '' };

/** Everything but who asks is unknown: what holds nevertheless holds for every call. */
const unknownCall = (snapshot: Snapshot, user: string): ConditionInput => ({
  arguments: UNKNOWN,
  principal: {
    user,
    roles: rolesOf(snapshot.state, user),
    groups: groupsOf(snapshot.state, user),
    client: UNKNOWN,
    agent: UNKNOWN,
    kind: UNKNOWN,
    scopes: UNKNOWN,
  },
  context: UNKNOWN,
});

/**
 * What a member may do with a tool as it is labelled. `never` and `always` hold for every call of a session that may
 * write; `depends` may in fact be either, since each condition is looked at by itself.
 */
export function accessOf(snapshot: Snapshot, user: string, at: { srv: string; tool: string }): KnownAccess {
  const tool = snapshot.state.tools.get(at.srv)?.get(at.tool);
  const label = tool?.label ?? null;
  if (tool === undefined || label === null || tool.disabledForAll || tool.disabledFor.has(user)) return NEVER;
  const input = unknownCall(snapshot, user);
  const abilities = snapshot.rulebook.abilitiesOf(user);
  const rulesOf = (ability: ToolAbility): Asked[] =>
    ability
      .rulesFor(action(label), subjectType(at.srv, at.tool))
      .map(({ conditions, reason }) => {
        const { effect, when = null } = snapshot.rulebook.rule(reason!)!.rule;
        return { effect, when, truth: conditions === undefined ? 'yes' : evaluate(conditions.when, input) };
      })
      .filter(({ truth }) => truth !== 'no') as Asked[];
  const rules = [...rulesOf(abilities.access), ...rulesOf(abilities.approval)];
  const access = accessBy(rules);
  if (access !== 'depends') return { access, on: '' };
  const on = rules.map(({ effect, when, truth }) => JSON.stringify([effect, truth === 'yes' ? null : when]));
  return { access, on: [...new Set(on)].sort().join() };
}

/** A rule that may apply: `yes` whatever the call is, else it depends on the call. */
interface Asked {
  effect: StoredRule['effect'];
  when: unknown;
  truth: Exclude<Truth, 'no'>;
}

function accessBy(rules: readonly Asked[]): Access {
  const may = (effect: Asked['effect']) => rules.some((rule) => rule.effect === effect);
  const does = (effect: Asked['effect']) =>
    rules.some((rule) => rule.effect === effect && rule.truth === 'yes');
  if (does('deny') || !may('allow')) return 'never';
  if (may('deny') || !does('allow')) return 'depends';
  if (does('require_approval')) return 'approval';
  return may('require_approval') ? 'depends' : 'always';
}
