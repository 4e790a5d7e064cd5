import type { Access, ToolLabel } from '@portcullis/contracts';
import { evaluate, type ConditionInput } from '../conditions/evaluate.js';
import { UNKNOWN } from '../conditions/path.js';
import type { Truth } from '../conditions/truth.js';
import { effectiveLabel } from '../decisions/check-definition.js';
import type { Snapshot } from '../decisions/snapshot.js';
import type { StoredRule } from '../facts/fields.js';
import { groupsOf, rolesOf, type Pinning, type Tool } from '../organisation/state.js';
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
  const label = labelOf(snapshot, user, at);
  if (label === null) return NEVER;
  const input = unknownCall(snapshot, user);
  const abilities = snapshot.abilitiesOf(user);
  const rulesOf = (ability: ToolAbility): Asked[] =>
    ability
      .rulesFor(action(label), subjectType(at.srv, at.tool))
      .map(({ conditions, reason }) => {
        const { effect, when = null } = snapshot.rules.rule(reason!)!.rule;
        return { effect, when, truth: conditions === undefined ? 'yes' : evaluate(conditions.when, input) };
      })
      .filter(({ truth }) => truth !== 'no') as Asked[];
  const rules = [...rulesOf(abilities.access), ...rulesOf(abilities.approval)];
  const access = accessBy(rules);
  if (access !== 'depends') return { access, on: '' };
  const on = rules.map(({ effect, when, truth }) => JSON.stringify([effect, truth === 'yes' ? null : when]));
  return { access, on: [...new Set(on)].sort().join() };
}

/** The label that counts; null where something that stands above rules denies the tool: no label, a switch, quarantine. */
function labelOf(
  { state }: Snapshot,
  user: string,
  { srv, tool: name }: { srv: string; tool: string },
): ToolLabel | null {
  const tool = state.tools.get(srv)?.get(name);
  if (tool === undefined || tool.label === null || tool.disabledForAll || tool.disabledFor.has(user))
    return null;
  return isQuarantined(state.servers.get(srv)?.pinning, tool)
    ? null
    : effectiveLabel(tool.label, tool, undefined);
}

/** As for a caller who has seen what the server showed last. */
function isQuarantined(pinning: Pinning | undefined, { pinned, seen }: Tool): boolean {
  if (pinning === 'off') return false;
  return pinned === null ? pinning === 'approve_first' : seen !== null && seen.digest !== pinned.digest;
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
