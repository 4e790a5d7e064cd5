import type { ConditionInput } from '../conditions/evaluate.js';
import { possibleTruths, type PossibleTruths } from '../conditions/possible-truths.js';
import { UNKNOWN } from '../conditions/path.js';
import type { ToolLabel } from '../organisation/state.js';
import type { ToolAbility } from '../rules/ability.js';
import { action, subjectType } from '../rules/tool-subject.js';
import { conditionInput } from './condition-input.js';
import type { KnownCall } from './decide-call.js';
import { usableLabel } from './visible-tools.js';

/** What comes of calls of a tool, whatever their arguments. */
export interface Reach {
  /** `never` allowed nor held back for approval, the same for all arguments, or depending on them. */
  outcome: 'never' | 'depends' | 'always';
  /** Some call may need a second person; where the outcome does not depend on arguments, every call does. */
  approval: boolean;
}

const NEVER: Reach = { outcome: 'never', approval: false };

/**
 * For an asker who has passed the built-in checks. `never` and `always` hold for every acceptable argument; `depends` may
 * in fact be either, where a rule's condition can't be satisfied or missed by any argument.
 */
export function reachOf(call: KnownCall): Reach & { label: ToolLabel | null } {
  const { snapshot, question, server } = call;
  const label = usableLabel(call, question.annotations);
  if (label === null) return { ...NEVER, label };
  const input = conditionInput(snapshot, question, UNKNOWN);
  const { access, approval } = snapshot.abilitiesOf(question.asker.user);
  const rulesOf = (ability: ToolAbility): Possible[] =>
    ability.rulesFor(action(label), subjectType(server.srv, call.tool)).map(({ inverted, conditions }) => ({
      restricts: inverted,
      truths: truthsOf(conditions?.when, input),
    }));
  return { label, ...reachBy(rulesOf(access), rulesOf(approval)) };
}

interface Possible {
  restricts: boolean;
  truths: PossibleTruths;
}

/** Indeterminate triggers whatever restricts and satisfies no allow. */
const mayTrigger = ({ truths }: Possible): boolean => truths.yes || truths.indeterminate;
const alwaysTriggers = ({ truths }: Possible): boolean => !truths.no;

function reachBy(access: Possible[], approvals: Possible[]): Reach {
  const denies = access.filter(({ restricts }) => restricts);
  const allows = access.filter(({ restricts }) => !restricts);
  if (denies.some(alwaysTriggers) || !allows.some(({ truths }) => truths.yes)) return NEVER;
  const approval = approvals.some(mayTrigger);
  const isConstant =
    !denies.some(mayTrigger) &&
    allows.some(({ truths }) => !truths.no && !truths.indeterminate) &&
    (!approval || approvals.some(alwaysTriggers));
  return { outcome: isConstant ? 'always' : 'depends', approval };
}

type When = Parameters<typeof possibleTruths>[0] | undefined;

const truthsOf = (when: When, input: ConditionInput): PossibleTruths =>
  when === undefined ? { yes: true, no: false, indeterminate: false } : possibleTruths(when, input);
