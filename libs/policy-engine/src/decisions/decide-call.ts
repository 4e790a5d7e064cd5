import { findings } from '../conditions/explain.js';
import type { ConditionInput } from '../conditions/evaluate.js';
import type { Server, Tool, ToolLabel } from '../organisation/state.js';
import { raisedLabel } from '../rules/labels.js';
import { applies, type ToolAbility } from '../rules/ability.js';
import { action, subjectType, ToolSubject } from '../rules/tool-subject.js';
import { acceptableArguments } from './acceptable-arguments.js';
import { conditionInput } from './condition-input.js';
import type { Question } from './question.js';
import type { Snapshot } from './snapshot.js';
import { checkToolSwitches } from './tool-checks.js';
import { denyBy, type Verdict } from './verdict.js';

/** A tool call whose asker and server have passed the built-in checks. */
export interface KnownCall {
  snapshot: Snapshot;
  question: Question;
  server: Server;
  tool: string;
}

/** Built-in rules of tools, then the rules of the organisation. The first that decides ends it. */
export function decideCall(call: KnownCall): Verdict {
  const { snapshot, question, server } = call;
  if (!acceptableArguments(question.arguments)) {
    return denyBy('invalid-arguments', 'the arguments are not an I-JSON object within bounds');
  }
  const tool = snapshot.state.tools.get(server.srv)?.get(call.tool);
  const label = tool?.label ?? null;
  if (tool === undefined || label === null) {
    return denyBy(
      'unlabelled-tool',
      `"${server.slug}/${call.tool}" has no label and counts as destructive`,
      `Ask an organisation admin to label ${server.slug}/${call.tool}.`,
      'destructive',
    );
  }
  const effective = raisedLabel(label, question.annotations);
  return checkToolSwitches(call, tool as Tool, effective) ?? decideByRules(call, effective);
}

function decideByRules(call: KnownCall, label: ToolLabel): Verdict {
  const { snapshot, question, server } = call;
  const ability = snapshot.rulebook.abilityOf(question.asker.user);
  const input = conditionInput(snapshot, question, question.arguments ?? {});
  const subject = new ToolSubject(subjectType(server.srv, call.tool), input);
  const deciding = ability.relevantRuleFor(action(label), subject);
  if (deciding === null) return nothingAllows(call, label, ability, subject);
  const rule = deciding.reason!;
  return deciding.inverted ? deniedBy(call, label, rule, input) : allowedBy(call, label, rule);
}

function allowedBy({ server, tool }: KnownCall, label: ToolLabel, rule: string): Verdict {
  const because = `it allows the ${label} tool ${server.slug}/${tool}`;
  return {
    decision: 'allow',
    rule,
    label,
    reasons: [{ code: 'rule_allows', rule, message: because }],
    because,
    advice: '',
  };
}

function deniedBy(call: KnownCall, label: ToolLabel, rule: string, input: ConditionInput): Verdict {
  const when = call.snapshot.rulebook.rule(rule)?.when ?? null;
  const because = `it denies the ${label} tool ${call.server.slug}/${call.tool}${when === null ? '' : ` (${describe(when, input, 'no')})`}`;
  const reasons = [{ code: 'rule_denies', rule, message: limit(because) }];
  return {
    decision: 'deny',
    rule,
    label,
    reasons,
    because: limit(because),
    advice: 'Ask an organisation admin about this rule.',
  };
}

const limit = (text: string): string => (text.length > 900 ? `${text.slice(0, 899)}…` : text);

/** The parts of a condition that did not come out as `unless`, with the type that was found, never the value. */
function describe(when: Parameters<typeof findings>[0], input: ConditionInput, unless: 'yes' | 'no'): string {
  const parts = findings(when, input).filter(({ truth }) => truth !== unless);
  return (
    parts.map(({ test, truth, found }) => `${test} is ${truth}, found ${found}`).join('; ') ||
    'its condition as a whole'
  );
}

/** Default deny, with the allows that were near: those whose condition the arguments did not satisfy. */
function nothingAllows(
  call: KnownCall,
  label: ToolLabel,
  ability: ToolAbility,
  subject: ToolSubject,
): Verdict {
  const { snapshot, question, server, tool } = call;
  const roles = snapshot.rolesOf(question.asker.user).join(', ');
  const near = ability
    .rulesFor(action(label), subject.type)
    .filter(
      (rule) =>
        !rule.inverted && rule.conditions !== undefined && !applies('allow', rule.conditions.when, subject),
    )
    .slice(0, 8)
    .map((rule) => ({
      code: 'condition_not_met',
      rule: rule.reason!,
      message: limit(
        `rule "${rule.reason}" would allow it, but ${describe(rule.conditions!.when, subject.input, 'yes')}`,
      ),
    }));
  const because = `no rule allows ${label} tools on "${server.slug}" for roles ${roles}`;
  const detail = near.length === 0 ? '' : `; ${near[0]!.message}`;
  const advice = `Ask an organisation admin to grant a role that allows ${server.slug}/${tool}.`;
  const verdict = denyBy('default-deny', because, advice, label);
  return { ...verdict, because: limit(because + detail), reasons: [...verdict.reasons, ...near] };
}
