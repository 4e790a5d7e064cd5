import type { ToolAnnotations } from '@portcullis/contracts';
import { evaluate } from '../conditions/evaluate.js';
import { UNKNOWN } from '../conditions/path.js';
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
  const tool = snapshot.state.tools.get(server.srv)?.get(call.tool);
  const label = tool?.label ?? null;
  if (tool === undefined || label === null) return false;
  const effective = effectiveLabel(label, tool, annotations);
  if (checkToolSwitches(call, tool, effective) !== undefined) return false;
  if (checkDefinition(call, tool, effective) !== undefined) return false;
  const input = conditionInput(snapshot, question, UNKNOWN);
  const rules = snapshot.rulebook
    .abilitiesOf(question.asker.user)
    .access.rulesFor(action(effective), subjectType(server.srv, call.tool));
  const truths = rules.map((rule) => ({
    deny: rule.inverted,
    truth: rule.conditions === undefined ? 'yes' : evaluate(rule.conditions.when, input),
  }));
  return (
    !truths.some(({ deny, truth }) => deny && truth === 'yes') &&
    truths.some(({ deny, truth }) => !deny && truth !== 'no')
  );
}

/** Whether anything of the server is visible to the asker. */
export function seesSomething(call: Omit<KnownCall, 'tool'>): boolean {
  const tools = call.snapshot.state.tools.get(call.server.srv) ?? new Map<string, never>();
  return [...tools.keys()].some((tool) => couldBeAllowed({ ...call, tool }, undefined));
}
