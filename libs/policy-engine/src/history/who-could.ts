import type { ToolLabel } from '../organisation/state.js';
import { UNKNOWN } from '../conditions/path.js';
import { conditionInput } from '../decisions/condition-input.js';
import { ANY, planOf, possibleOutcomes, truthsOf } from '../decisions/possible-outcomes.js';
import { someone, type Question } from '../decisions/question.js';
import type { Snapshot } from '../decisions/snapshot.js';

/** Somebody who could use a tool. */
export interface CouldUse {
  user: string;
  /** It depends on the arguments, the client, or another thing that is only known of a call. */
  conditional: boolean;
  /** The rules that allow it, or may. */
  rules: string[];
  /** The rules that take it back for some calls, or want a second person to approve. */
  unless: string[];
}

export interface ToolPlace {
  srv: string;
  tool: string;
}

/** How somebody comes is only known of a call; who they are is known. */
const HOW = { client: UNKNOWN, agent: UNKNOWN, kind: UNKNOWN, scopes: UNKNOWN };

/** Members that whoever goes through all of them should look at, in the order of their ids. */
export const membersAfter = (snapshot: Snapshot, after: string | null): string[] =>
  [...snapshot.state.members.keys()].filter((user) => after === null || user > after).sort();

/** The label that an admin has given the tool; null where nobody can use it. */
export const labelOf = (snapshot: Snapshot, { srv, tool }: ToolPlace): ToolLabel | null =>
  snapshot.state.tools.get(srv)?.get(tool)?.label ?? null;

/**
 * Whether a member could use a tool through some call, in a session with every scope; undefined if through none. Whoever
 * is left out would be denied whatever the call.
 */
export function couldUse(snapshot: Snapshot, place: ToolPlace, user: string): CouldUse | undefined {
  const question: Question = {
    asker: someone(user),
    operation: 'tool.call',
    server: { srv: place.srv },
    tool: place.tool,
    arguments: null,
    context: {},
    time: snapshot.state.time,
  };
  const plan = planOf(snapshot, question);
  const known = conditionInput(snapshot, question, UNKNOWN);
  const input = { ...known, principal: { ...HOW, ...(known.principal as object) }, context: UNKNOWN };
  const outcomes = possibleOutcomes(plan, input, () => ANY);
  if (!outcomes.some(({ decision }) => decision !== 'deny')) return undefined;
  const rules = plan.rules.filter((rule) => {
    const { yes, indeterminate } = truthsOf(rule, input, () => ANY);
    return yes || (rule.rule.effect !== 'allow' && indeterminate);
  });
  const named = (allow: boolean) =>
    rules.filter(({ rule }) => (rule.effect === 'allow') === allow).map(({ rule }) => rule.id);
  return {
    user,
    conditional: new Set(outcomes.map(({ decision }) => decision)).size > 1,
    rules: named(true).sort(),
    unless: named(false).sort(),
  };
}
