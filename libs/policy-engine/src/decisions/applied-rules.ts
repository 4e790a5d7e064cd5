import { applies } from '../rules/ability.js';
import { action, subjectType, ToolSubject } from '../rules/tool-subject.js';
import { effectiveLabel } from './check-definition.js';
import { conditionInput } from './condition-input.js';
import type { Question } from './question.js';
import type { Snapshot } from './snapshot.js';

/** Ids of the rules that apply to a call, whichever of them decides: for its caller and tool, and their condition holds. */
export function appliedRules(snapshot: Snapshot, question: Question): string[] {
  const server = snapshot.server(question.server);
  const tool = server && snapshot.state.tools.get(server.srv)?.get(question.tool ?? '');
  if (server === undefined || tool === undefined || tool.label === null) return [];
  const label = action(effectiveLabel(tool.label, tool, question.annotations));
  const type = subjectType(server.srv, question.tool ?? '');
  const subject = new ToolSubject(type, conditionInput(snapshot, question, question.arguments ?? {}));
  const { access, approval } = snapshot.abilitiesOf(question.asker.user);
  return [...access.rulesFor(label, type), ...approval.rulesFor(label, type)]
    .filter(
      ({ conditions }) => conditions === undefined || applies(conditions.effect, conditions.when, subject),
    )
    .map(({ reason }) => reason!);
}
