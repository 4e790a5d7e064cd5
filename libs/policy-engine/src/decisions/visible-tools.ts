import type { ToolAnnotations } from '@portcullis/contracts';
import { evaluate } from '../conditions/evaluate.js';
import { UNKNOWN } from '../conditions/path.js';
import type { ToolLabel } from '../organisation/state.js';
import { action, subjectType } from '../rules/tool-subject.js';
import { checkDefinition, effectiveLabel } from './check-definition.js';
import { conditionInput } from './condition-input.js';
import type { KnownCall } from './decide-call.js';
import { checkToolSwitches } from './tool-checks.js';

/**
 * Whether some call of this tool could be allowed. The arguments are unknown: a rule that depends on them keeps the tool
 * visible, one that can't hold for this asker does not. Whatever a call is allowed to use is visible.
 */
export function couldBeAllowed(call: KnownCall, annotations: ToolAnnotations | undefined): boolean {
  const { snapshot, question, server } = call;
  const label = usableLabel(call, annotations);
  if (label === null) return false;
  const input = conditionInput(snapshot, question, UNKNOWN);
  const rules = snapshot
    .abilitiesOf(question.asker.user)
    .access.rulesFor(action(label), subjectType(server.srv, call.tool));
  const truths = rules.map((rule) => ({
    deny: rule.inverted,
    truth: rule.conditions === undefined ? 'yes' : evaluate(rule.conditions.when, input),
  }));
  return (
    !truths.some(({ deny, truth }) => deny && truth === 'yes') &&
    truths.some(({ deny, truth }) => !deny && truth !== 'no')
  );
}

/** The label that rules see the tool under, or null where a built-in rule denies every call of it. */
export function usableLabel(call: KnownCall, annotations: ToolAnnotations | undefined): ToolLabel | null {
  const tool = call.snapshot.state.tools.get(call.server.srv)?.get(call.tool);
  const label = tool?.label ?? null;
  if (tool === undefined || label === null) return null;
  const effective = effectiveLabel(label, tool, annotations);
  const refused = checkToolSwitches(call, tool, effective) ?? checkDefinition(call, tool, effective);
  return refused === undefined ? effective : null;
}

/** Whether anything of the server is visible to the asker. */
export function seesSomething(call: Omit<KnownCall, 'tool'>): boolean {
  const tools = call.snapshot.state.tools.get(call.server.srv) ?? new Map<string, never>();
  return [...tools.keys()].some((tool) => couldBeAllowed({ ...call, tool }, undefined));
}
